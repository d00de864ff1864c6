// The fair order: lanes of owners that wait, their turns, and how each pending task stands in the queue.

import { countsAsRunning, fillQueue } from '../order/queue-state.ts';

/** A lane is there as long as it has ready tasks. All lanes of an owner have its turn, and are blocked together. */
export const fairOrder = `
  CREATE TABLE virtual_time (turn REAL NOT NULL) STRICT;
  INSERT INTO virtual_time VALUES (0);
  CREATE TABLE owner_turns (
    owner_id TEXT PRIMARY KEY,
    turn     REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lanes (
    model      TEXT NOT NULL,
    inputs     INTEGER NOT NULL,
    owner_id   TEXT NOT NULL,
    turn       REAL NOT NULL,
    is_blocked INTEGER NOT NULL CHECK (is_blocked IN (0, 1)),
    PRIMARY KEY (model, inputs, owner_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lanes_by_turn ON lanes (model, inputs, turn, owner_id) WHERE is_blocked = 0;
  CREATE INDEX lanes_of_owner ON lanes (owner_id, model, inputs);
  CREATE INDEX lanes_blocked ON lanes (model, owner_id) WHERE is_blocked = 1;
  ALTER TABLE tasks ADD COLUMN queued TEXT
    CHECK (queued IS NULL OR (queued IN ('ready', 'delayed', 'held', 'apart') AND state = 'pending'));
  DROP INDEX tasks_due;
  CREATE INDEX tasks_ready ON tasks (model, inputs, owner_id, priority DESC, id) WHERE queued = 'ready';
  CREATE INDEX tasks_delayed ON tasks (model, inputs, due_at, id) WHERE queued = 'delayed';
  CREATE INDEX tasks_at_limit ON tasks (key_id, model, inputs, priority DESC, id) WHERE queued = 'held';
  CREATE INDEX tasks_running ON tasks (owner_id, key_id) WHERE ${countsAsRunning};
  ${fillQueue}
`;

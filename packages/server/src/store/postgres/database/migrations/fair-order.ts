// The queue in the fair order of owners. What waits is put into it anew.

import { fillQueue } from '../../order/fill-queue.ts';
import { text } from './column-types.ts';

/** Of tables whose rows are seldom many and are written by each take. */
const vacuumedOften = 'autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500';

export const fairOrder = `
  -- Whoever changes what waits has committed then, or finds another table.
  LOCK TABLE waiting IN ACCESS EXCLUSIVE MODE;
  DROP TABLE waiting;

  -- The queue: a row for each task that may be taken, narrow, as every take leaves a dead one behind.
  CREATE TABLE waiting (
    due_at      bigint NOT NULL,
    deadline_at bigint NOT NULL,
    inputs      integer NOT NULL,
    -- Among those of its lane, the lowest first: its priority, negated.
    rank        integer NOT NULL,
    task_id     ${text} PRIMARY KEY,
    model       ${text} NOT NULL,
    owner_id    ${text} NOT NULL,
    key_id      ${text} NOT NULL,
    -- In a lane; or waiting for its own retry, held by the limit of its key, or to be resumed.
    state       ${text} NOT NULL CHECK (state IN ('ready', 'delayed', 'held', 'resumes'))
  ) WITH (${vacuumedOften});
  -- First tasks of a lane: order/read-lanes.ts.
  CREATE INDEX waiting_ready ON waiting (model, inputs, owner_id, rank, task_id) WHERE state = 'ready';
  -- Those of a need that are due: order/join-lanes.ts, pendingWork.
  CREATE INDEX waiting_delayed ON waiting (model, inputs, due_at) WHERE state = 'delayed';
  -- Those of a key for which there is room again: order/held.ts.
  CREATE INDEX waiting_held ON waiting (key_id, rank, task_id) WHERE state = 'held';
  -- takeOperations, pendingWork.
  CREATE INDEX waiting_operations ON waiting (due_at, task_id) WHERE state = 'resumes';

  -- Written under the lock of takes only, as all below but arrivals. A lane is an owner's tasks of one need, while some are ready. The turn is
  -- its owner's, and so the same in all of its lanes. No index is unique: its check would go through all dead rows, which stay while
  -- somebody holds a snapshot. Every look has a bound, or an exact turn, which leaves them out.
  CREATE TABLE lanes (
    model     ${text} NOT NULL,
    inputs    integer NOT NULL,
    owner_id  ${text} NOT NULL,
    turn      double precision NOT NULL,
    -- Tag of its owner's latest task. The highest of all is the virtual time.
    tag       double precision NOT NULL,
    -- No task of the lane is before this place.
    head_rank integer NOT NULL,
    head_id   ${text} NOT NULL,
    -- By the limit of its owner.
    blocked   boolean NOT NULL
  ) WITH (${vacuumedOften});
  -- Lanes of a need in the order of their turns: order/read-lanes.ts, pendingWork.
  CREATE INDEX lanes_of_need ON lanes (model, inputs, turn, owner_id) WHERE NOT blocked;
  -- All lanes of an owner, with its turn.
  CREATE INDEX lanes_of_owner ON lanes (owner_id, turn);
  -- The lowest turn.
  CREATE INDEX lanes_turn ON lanes (turn);
  -- The virtual time.
  CREATE INDEX lanes_tag ON lanes (tag);
  -- order/held.ts.
  CREATE INDEX lanes_blocked ON lanes (owner_id) WHERE blocked;

  -- Turns of owners, as they were when a lane of theirs was last emptied: a lane's turn counts while there is one.
  CREATE TABLE owner_turns (
    owner_id ${text} NOT NULL,
    turn     double precision NOT NULL,
    tag      double precision NOT NULL
  ) WITH (${vacuumedOften});
  -- Turn of an owner that has no lane. Of several versions of its row the latest has the highest.
  CREATE INDEX owner_turns_latest ON owner_turns (owner_id, turn);
  -- The virtual time.
  CREATE INDEX owner_turns_tag ON owner_turns (tag);

  -- Needs that had tasks at some time, which are few.
  CREATE TABLE needs (
    model  ${text} NOT NULL,
    inputs integer NOT NULL,
    PRIMARY KEY (model, inputs)
  );

  -- Tasks that have become ready, the first of each lane and transaction; and, without a lane, a key and an owner one of whose tasks no longer
  -- runs. Everybody adds to it, so that nobody waits for a lane; the next take reads it.
  CREATE TABLE arrivals (
    transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint,
    owner_id       ${text} NOT NULL,
    model          ${text},
    inputs         integer,
    rank           integer,
    task_id        ${text},
    key_id         ${text}
  ) WITH (${vacuumedOften});
  -- Those of transactions that had not ended at the last look: order/bounds.ts.
  CREATE INDEX arrivals_of_transaction ON arrivals (transaction_id);

  -- Running tasks of an owner and of a key, for their limits: order/rooms.ts.
  CREATE INDEX tasks_running_of_owner ON tasks (owner_id) WHERE state = 'running';
  CREATE INDEX tasks_running_of_key ON tasks (key_id) WHERE state = 'running';

  ${fillQueue.join(';\n  ')};
`;

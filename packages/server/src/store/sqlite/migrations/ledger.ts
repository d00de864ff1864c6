// The ledger, the cache of its sums, and the money of a task.

export const ledger = `
  CREATE TABLE ledger (
    number         INTEGER PRIMARY KEY,
    task_id        TEXT,
    kind           TEXT NOT NULL CHECK (kind IN ('reserve', 'settle', 'release', 'adjust')),
    attempt        INTEGER NOT NULL CHECK (attempt >= 0),
    key_id         TEXT,
    owner_id       TEXT NOT NULL,
    at             INTEGER NOT NULL,
    reserved_at    INTEGER NOT NULL,
    reserved_delta INTEGER NOT NULL,
    spent_delta    INTEGER NOT NULL,
    pictures_delta INTEGER NOT NULL,
    reason         TEXT,
    CHECK ((task_id IS NULL) = (kind = 'adjust'))
  ) STRICT;
  CREATE UNIQUE INDEX ledger_of_task ON ledger (task_id, kind, attempt) WHERE task_id IS NOT NULL;
  CREATE INDEX ledger_of_owner ON ledger (owner_id, reserved_at);
  CREATE INDEX ledger_of_key ON ledger (key_id, reserved_at);

  CREATE TABLE balances (
    subject_id TEXT NOT NULL,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL CHECK (ends_at > starts_at),
    reserved   INTEGER NOT NULL,
    spent      INTEGER NOT NULL,
    pictures   INTEGER NOT NULL,
    PRIMARY KEY (subject_id, ends_at, starts_at)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE tasks ADD COLUMN estimated_micro_usd INTEGER CHECK (estimated_micro_usd >= 0);
  ALTER TABLE tasks ADD COLUMN unit_micro_usd INTEGER CHECK (unit_micro_usd >= 0);
  ALTER TABLE tasks ADD COLUMN reserved_micro_usd INTEGER CHECK (reserved_micro_usd >= 0);
  ALTER TABLE tasks ADD COLUMN charged_micro_usd INTEGER CHECK (charged_micro_usd >= 0);
  ALTER TABLE tasks ADD COLUMN hold_until INTEGER;
  CREATE INDEX tasks_held ON tasks (hold_until) WHERE hold_until IS NOT NULL;
  CREATE INDEX tasks_waiting ON tasks (owner_id, key_id) WHERE state = 'pending';
`;

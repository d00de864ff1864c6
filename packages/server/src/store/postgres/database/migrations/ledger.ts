// The ledger, the cache of its sums, and the money of a task.

import { text } from './column-types.ts';

export const ledger = `
  CREATE TABLE ledger (
    number         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id        ${text},
    kind           ${text} NOT NULL CHECK (kind IN ('reserve', 'settle', 'release', 'adjust')),
    attempt        integer NOT NULL CHECK (attempt >= 0),
    key_id         ${text},
    owner_id       ${text} NOT NULL,
    at             bigint NOT NULL,
    reserved_at    bigint NOT NULL,
    reserved_delta bigint NOT NULL,
    spent_delta    bigint NOT NULL,
    pictures_delta bigint NOT NULL,
    reason         ${text},
    CHECK ((task_id IS NULL) = (kind = 'adjust'))
  );
  -- That nothing is charged twice; entries of a task.
  CREATE UNIQUE INDEX ledger_of_task ON ledger (task_id, kind, attempt) WHERE task_id IS NOT NULL;
  -- Sums of a period.
  CREATE INDEX ledger_of_owner ON ledger (owner_id, reserved_at);
  CREATE INDEX ledger_of_key ON ledger (key_id, reserved_at);

  -- Sums of entries of a subject whose reservation is in the interval, the end excluded.
  CREATE TABLE balances (
    subject_id ${text} NOT NULL,
    starts_at  bigint NOT NULL,
    ends_at    bigint NOT NULL CHECK (ends_at > starts_at),
    reserved   bigint NOT NULL,
    spent      bigint NOT NULL,
    pictures   bigint NOT NULL,
    PRIMARY KEY (subject_id, ends_at, starts_at)
  );

  ALTER TABLE tasks
    ADD COLUMN estimated_micro_usd bigint CHECK (estimated_micro_usd >= 0),
    ADD COLUMN unit_micro_usd bigint CHECK (unit_micro_usd >= 0),
    ADD COLUMN reserved_micro_usd bigint CHECK (reserved_micro_usd >= 0),
    ADD COLUMN charged_micro_usd bigint CHECK (charged_micro_usd >= 0),
    ADD COLUMN hold_until bigint;
  -- Tasks of an owner, and of a key, that wait.
  CREATE INDEX tasks_waiting ON tasks (owner_id, key_id) WHERE state = 'pending';
  -- findExpiredHolds.
  CREATE INDEX tasks_held ON tasks (hold_until) WHERE hold_until IS NOT NULL;
`;

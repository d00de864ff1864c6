// Owners, what their keys and a key by itself may do, and whose a task is.

import { text } from './column-types.ts';

export const owners = `
  CREATE TABLE owners (
    id         ${text} PRIMARY KEY,
    name       ${text} NOT NULL,
    weight     double precision NOT NULL CHECK (weight > 0),
    shared     integer NOT NULL CHECK (shared IN (0, 1)),
    created_at bigint NOT NULL,
    deleted_at bigint
  );

  -- Of an owner or a key; a row only where something is limited.
  CREATE TABLE limits (
    subject_id ${text} PRIMARY KEY,
    budget     ${text},
    limits     ${text} NOT NULL
  );

  ALTER TABLE api_keys
    ADD COLUMN owner_id ${text},
    ADD COLUMN scopes ${text},
    ADD COLUMN models ${text},
    ADD COLUMN networks ${text},
    ADD COLUMN priority_max integer NOT NULL DEFAULT 0 CHECK (priority_max >= 0),
    ADD COLUMN declared_as ${text},
    ADD COLUMN previous_hash bytea CHECK (length(previous_hash) = 32),
    ADD COLUMN previous_until bigint,
    ADD COLUMN last_used_at bigint;
  -- findKeyByHash.
  CREATE UNIQUE INDEX api_keys_previous ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;
  -- One usable key for each that is declared.
  CREATE UNIQUE INDEX api_keys_declared ON api_keys (declared_as) WHERE declared_as IS NOT NULL AND revoked_at IS NULL;
  -- Keys of an owner.
  CREATE INDEX api_keys_of_owner ON api_keys (owner_id) WHERE owner_id IS NOT NULL;

  ALTER TABLE tasks
    ADD COLUMN owner_id ${text},
    ADD COLUMN priority integer NOT NULL DEFAULT 0 CHECK (priority >= 0);
  UPDATE tasks SET owner_id = key_id WHERE finished_at IS NULL;
`;

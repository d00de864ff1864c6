// Owners, what their keys and a key by itself may do, and whose a task is.

export const owners = `
  CREATE TABLE owners (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    weight     REAL NOT NULL CHECK (weight > 0),
    shared     INTEGER NOT NULL CHECK (shared IN (0, 1)),
    created_at INTEGER NOT NULL,
    deleted_at INTEGER
  ) STRICT;
  CREATE TABLE limits (
    subject_id TEXT PRIMARY KEY,
    budget     TEXT,
    limits     TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE api_keys ADD COLUMN owner_id TEXT;
  ALTER TABLE api_keys ADD COLUMN scopes TEXT;
  ALTER TABLE api_keys ADD COLUMN models TEXT;
  ALTER TABLE api_keys ADD COLUMN networks TEXT;
  ALTER TABLE api_keys ADD COLUMN priority_max INTEGER NOT NULL DEFAULT 0 CHECK (priority_max >= 0);
  ALTER TABLE api_keys ADD COLUMN declared_as TEXT;
  ALTER TABLE api_keys ADD COLUMN previous_hash BLOB CHECK (length(previous_hash) = 32);
  ALTER TABLE api_keys ADD COLUMN previous_until INTEGER;
  ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
  CREATE UNIQUE INDEX api_keys_previous ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;
  CREATE UNIQUE INDEX api_keys_declared ON api_keys (declared_as) WHERE declared_as IS NOT NULL AND revoked_at IS NULL;
  CREATE INDEX api_keys_of_owner ON api_keys (owner_id) WHERE owner_id IS NOT NULL;
  ALTER TABLE tasks ADD COLUMN owner_id TEXT;
  ALTER TABLE tasks ADD COLUMN priority INTEGER NOT NULL DEFAULT 0 CHECK (priority >= 0);
  UPDATE tasks SET owner_id = key_id WHERE finished_at IS NULL;
`;

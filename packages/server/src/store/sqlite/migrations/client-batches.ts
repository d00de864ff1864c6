// Batches that clients of other APIs made, and files that are no pictures: those have a purpose.

export const clientBatches = `
  ALTER TABLE files ADD COLUMN purpose TEXT;
  CREATE TABLE client_batches (
    id         TEXT PRIMARY KEY,
    key_id     TEXT NOT NULL,
    face       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    record     TEXT NOT NULL,
    lines      TEXT NOT NULL
  ) STRICT;
  CREATE INDEX client_batches_of_key ON client_batches (key_id, face, id);
  CREATE INDEX client_batches_expired ON client_batches (expires_at);
`;

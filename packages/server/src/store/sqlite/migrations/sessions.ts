// Sessions of people in browsers, and the links by which they sign in.

export const sessions = `
  CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,
    key_id       TEXT NOT NULL,
    signed_in_by TEXT NOT NULL,
    agent        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    used_at      INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_of_key ON sessions (key_id, created_at, id);
  CREATE INDEX sessions_ended ON sessions (ends_at);
  CREATE TABLE sign_in_links (
    hash       TEXT PRIMARY KEY,
    key_id     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sign_in_links_expired ON sign_in_links (expires_at);
`;

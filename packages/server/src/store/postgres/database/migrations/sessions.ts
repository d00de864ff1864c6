// Sessions of people in browsers, and the links by which they sign in.

import { text } from './column-types.ts';

export const sessions = `
  CREATE TABLE sessions (
    id           ${text} PRIMARY KEY,
    hash         ${text} NOT NULL UNIQUE,
    key_id       ${text} NOT NULL,
    signed_in_by ${text} NOT NULL,
    agent        ${text} NOT NULL,
    created_at   bigint NOT NULL,
    used_at      bigint NOT NULL,
    ends_at      bigint NOT NULL
  );
  -- listSessions, and the oldest of too many.
  CREATE INDEX sessions_of_key ON sessions (key_id, created_at, id);
  -- deleteEndedSessions.
  CREATE INDEX sessions_ended ON sessions (ends_at);
  CREATE TABLE sign_in_links (
    hash       ${text} PRIMARY KEY,
    key_id     ${text} NOT NULL,
    expires_at bigint NOT NULL
  );
  -- deleteEndedSessions.
  CREATE INDEX sign_in_links_expired ON sign_in_links (expires_at);
`;

// Batches that clients of other APIs made, and files that are no pictures: those have a purpose.

import { text } from './column-types.ts';

export const clientBatches = `
  ALTER TABLE files ADD COLUMN purpose ${text};
  CREATE TABLE client_batches (
    id         ${text} PRIMARY KEY,
    key_id     ${text} NOT NULL,
    face       ${text} NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    record     ${text} NOT NULL,
    lines      ${text} NOT NULL
  );
  -- listClientBatches.
  CREATE INDEX client_batches_of_key ON client_batches (key_id, face, id);
  -- deleteExpiredClientBatches.
  CREATE INDEX client_batches_expired ON client_batches (expires_at);
`;

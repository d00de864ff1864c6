// Declarations of keys and owners in the settings, and a mark for deleted owners that have nothing left.

import { text } from './column-types.ts';

export const declarations = `
  CREATE TABLE declarations (
    kind    ${text} NOT NULL CHECK (kind IN ('owner', 'key')),
    id      ${text} NOT NULL,
    content ${text} NOT NULL,
    PRIMARY KEY (kind, id)
  );
  ALTER TABLE owners ADD COLUMN emptied_at bigint;
  CREATE INDEX owners_to_empty ON owners (deleted_at) WHERE deleted_at IS NOT NULL AND emptied_at IS NULL;
  -- Tasks of a deleted owner. A key without a named owner has its own id there, and costs nothing.
  CREATE INDEX tasks_of_owner ON tasks (owner_id, id) WHERE owner_id <> key_id;
`;

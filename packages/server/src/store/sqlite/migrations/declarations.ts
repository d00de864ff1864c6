// Declarations of keys and owners in the settings, and a mark for deleted owners that have nothing left.

export const declarations = `
  CREATE TABLE declarations (
    kind    TEXT NOT NULL CHECK (kind IN ('owner', 'key')),
    id      TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE owners ADD COLUMN emptied_at INTEGER;
  CREATE INDEX owners_to_empty ON owners (deleted_at) WHERE deleted_at IS NOT NULL AND emptied_at IS NULL;
  CREATE INDEX tasks_of_owner ON tasks (owner_id, id) WHERE owner_id <> key_id;
`;

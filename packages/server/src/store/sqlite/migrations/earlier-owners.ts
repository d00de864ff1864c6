// Owners that a key had before it moved, under whom it may still have tasks that wait.

/** Moves of before left no trace but the tasks. */
export const earlierOwners = `
  CREATE TABLE earlier_owners (
    key_id   TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    PRIMARY KEY (key_id, owner_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO earlier_owners (key_id, owner_id)
    SELECT DISTINCT key_id, owner_id FROM tasks WHERE state IN ('pending', 'running') AND owner_id <> key_id;
`;

// Tasks for several pictures: their number, and of each attempt the pictures that it is for, those that it brought, and how the others go on.

export const pictures = `
  ALTER TABLE tasks ADD COLUMN picture_count INTEGER NOT NULL DEFAULT 1 CHECK (picture_count >= 1);
  ALTER TABLE attempts ADD COLUMN indices TEXT;
  ALTER TABLE attempts ADD COLUMN brought TEXT;
  ALTER TABLE attempts ADD COLUMN next_call TEXT;
  -- The open attempt of a task, or of some of its pictures: there is one at most of each.
  DROP INDEX attempts_open;
  CREATE UNIQUE INDEX attempts_open ON attempts (task_id, coalesce(indices, '')) WHERE outcome IS NULL;
`;

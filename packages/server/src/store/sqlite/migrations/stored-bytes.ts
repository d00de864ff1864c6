// Bytes of a task's pictures, as long as these are stored. Pictures of earlier versions are counted too.

export const storedBytes = `
  ALTER TABLE tasks ADD COLUMN stored_bytes INTEGER CHECK (stored_bytes >= 0);
  UPDATE tasks SET stored_bytes =
      (SELECT ifnull(sum(picture.value ->> '$.bytes'), 0) FROM json_each(tasks.result, '$.pictures') AS picture)
    WHERE state = 'succeeded' AND pictures_deleted_at IS NULL;
  CREATE INDEX tasks_stored ON tasks (key_id, stored_bytes) WHERE stored_bytes > 0 AND pictures_deleted_at IS NULL;
`;

// Time at which a prompt was deleted before its task's record. Neither a CHECK nor an index comes with it: both would read all tasks at a start.

export const prompts = `
  ALTER TABLE tasks ADD COLUMN prompt_deleted_at INTEGER;
`;

// Time at which a prompt was deleted before its task's record. Neither a CHECK nor an index comes with it: the table of tasks may be large, and
// both would read all of it while nobody else may.

export const prompts = `
  ALTER TABLE tasks ADD COLUMN prompt_deleted_at bigint;
`;

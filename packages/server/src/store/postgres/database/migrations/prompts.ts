// Time at which a prompt was deleted before its task's record, and the ended tasks that have theirs still.

export const prompts = `
  ALTER TABLE tasks ADD COLUMN prompt_deleted_at bigint CHECK (prompt_deleted_at IS NULL OR finished_at IS NOT NULL);
  -- deletePrompts.
  CREATE INDEX tasks_prompts ON tasks (finished_at) WHERE finished_at IS NOT NULL AND prompt_deleted_at IS NULL;
`;

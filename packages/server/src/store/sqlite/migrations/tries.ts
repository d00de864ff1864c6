// Holds of the answers to tries: the node on which a call waits for the task, since when, and how often later tries have claimed it.

export const tries = `
  ALTER TABLE kept_answers ADD COLUMN held_by TEXT;
  ALTER TABLE kept_answers ADD COLUMN held_at INTEGER;
  ALTER TABLE kept_answers ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
`;

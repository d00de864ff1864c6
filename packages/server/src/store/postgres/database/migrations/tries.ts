// Holds of the answers to tries: the node on which a call waits for the task, since when, and how often later tries have claimed it.

import { text } from './column-types.ts';

export const tries = `
  ALTER TABLE kept_answers ADD COLUMN held_by ${text};
  ALTER TABLE kept_answers ADD COLUMN held_at bigint;
  ALTER TABLE kept_answers ADD COLUMN claims integer NOT NULL DEFAULT 0;
`;

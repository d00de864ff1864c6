// Counts of calls that servers tell each other. Nothing of it outlives a minute, so it is not logged.

import { text } from './column-types.ts';

export const rates = `
  CREATE UNLOGGED TABLE rate_counts (
    node_id    ${text} PRIMARY KEY,
    counted_at bigint NOT NULL,
    counts     ${text} NOT NULL
  ) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 1000);
`;

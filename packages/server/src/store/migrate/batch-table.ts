// Batches of clients of other APIs, as they are moved.

import type { MovedTable } from './moved-table.ts';

export const clientBatches: MovedTable = {
  name: 'client_batches',
  columns: {
    id: 'text',
    key_id: 'text',
    face: 'text',
    created_at: 'integer',
    expires_at: 'integer',
    record: 'text',
    lines: 'text',
  },
  key: ['id'],
};

// The tables of owners, of what the settings declare, and of limits, as they are moved.

import type { MovedTable } from './moved-table.ts';

export const owners: MovedTable = {
  name: 'owners',
  columns: {
    id: 'text',
    name: 'name',
    weight: 'real',
    shared: 'integer',
    created_at: 'integer',
    deleted_at: 'integer',
    emptied_at: 'integer',
  },
  key: ['id'],
};

export const declarations: MovedTable = {
  name: 'declarations',
  columns: { kind: 'text', id: 'text', content: 'text' },
  key: ['kind', 'id'],
};

export const earlierOwners: MovedTable = {
  name: 'earlier_owners',
  columns: { key_id: 'text', owner_id: 'text' },
  key: ['key_id', 'owner_id'],
};

export const limits: MovedTable = {
  name: 'limits',
  columns: { subject_id: 'text', budget: 'text', limits: 'text' },
  key: ['subject_id'],
};

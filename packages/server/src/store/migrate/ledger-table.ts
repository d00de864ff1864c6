// The ledger as it is moved. Balances are not: each is made anew at the next submit of its subject.

import type { MovedTable } from './moved-table.ts';

export const ledgerTable: MovedTable = {
  name: 'ledger',
  columns: {
    number: 'integer',
    task_id: 'text',
    kind: 'text',
    attempt: 'integer',
    key_id: 'text',
    owner_id: 'text',
    at: 'integer',
    reserved_at: 'integer',
    reserved_delta: 'integer',
    spent_delta: 'integer',
    pictures_delta: 'integer',
    reason: 'name',
  },
  key: ['number'],
  postgres: { overriding: 'OVERRIDING SYSTEM VALUE' },
};

// The tables of webhooks that are moved.

import type { Columns, MovedTable } from './moved-table.ts';

export const endpoints: MovedTable = {
  name: 'webhook_endpoints',
  columns: {
    id: 'text',
    key_id: 'text',
    url: 'name',
    host: 'text',
    events: 'list',
    description: 'name',
    created_at: 'integer',
    failing_since: 'integer',
    failed_at: 'integer',
    disabled_at: 'integer',
    disabled_reason: 'name',
  },
  key: ['id'],
};

const ofSecrets = {
  owner: 'text',
  secret: 'text',
  created_at: 'integer',
  expires_at: 'integer',
} as const satisfies Columns;

/** The number says which of an owner's secrets is newer. */
export const secrets: MovedTable = {
  name: 'webhook_secrets',
  columns: { number: 'integer', ...ofSecrets },
  key: ['number'],
  sqlite: {
    from: '(SELECT rowid AS number, * FROM webhook_secrets)',
    written: { rowid: 'integer', ...ofSecrets },
    toRows: (row) => [{ ...row, rowid: row['number'] ?? null }],
  },
  postgres: { overriding: 'OVERRIDING SYSTEM VALUE' },
};

export const deliveries: MovedTable = {
  name: 'webhook_deliveries',
  columns: {
    id: 'text',
    key_id: 'text',
    endpoint_id: 'text',
    task_id: 'text',
    event: 'text',
    url: 'name',
    host: 'text',
    state: 'text',
    created_at: 'integer',
    counted_from: 'integer',
    due_at: 'integer',
    finished_at: 'integer',
    reason: 'name',
    tries: 'integer',
    claimed_until: 'integer',
    data: 'text',
  },
  key: ['id'],
};

export const deliveryAttempts: MovedTable = {
  name: 'webhook_attempts',
  columns: {
    delivery_id: 'text',
    number: 'integer',
    at: 'integer',
    duration_ms: 'integer',
    status: 'integer',
    error: 'name',
    answer_start: 'name',
  },
  key: ['delivery_id', 'number'],
};

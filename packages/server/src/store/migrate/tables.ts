// The tables that are moved, in an order in which each comes after those that it refers to.

import type { TaskRequest } from '../../core/tasks/task.ts';
import { toCallback } from '../postgres/tasks/insert-rows.ts';
import { ledgerTable } from './ledger-table.ts';
import { clientBatches } from './batch-table.ts';
import { countsTable } from './task-counts.ts';
import { usageTable } from './usage-table.ts';
import { declarations, earlierOwners, limits, owners } from './owner-tables.ts';
import type { Columns, MovedRow, MovedTable } from './moved-table.ts';
import { deliveries, deliveryAttempts, endpoints, secrets } from './webhook-tables.ts';

const ofTasks = {
  id: 'text',
  key_id: 'text',
  owner_id: 'text',
  priority: 'integer',
  state: 'text',
  view_key: 'text',
  view: 'text',
  action: 'text',
  model: 'text',
  inputs: 'integer',
  created_at: 'integer',
  updated_at: 'integer',
  due_at: 'integer',
  deadline_at: 'integer',
  finished_at: 'integer',
  progress: 'real',
  tries_used: 'integer',
  lease_token: 'text',
  lease_expires_at: 'integer',
  claimed_until: 'integer',
  estimated_micro_usd: 'integer',
  unit_micro_usd: 'integer',
  reserved_micro_usd: 'integer',
  charged_micro_usd: 'integer',
  hold_until: 'integer',
  cancel_requested_at: 'integer',
  expires_in_ms: 'integer',
  pictures_deleted_at: 'integer',
  prompt_deleted_at: 'integer',
  stored_bytes: 'integer',
  picture_count: 'integer',
  batch_id: 'text',
  changed: 'integer',
  result: 'text',
  failure: 'text',
  request: 'text',
} as const satisfies Columns;

const tasks: MovedTable = {
  name: 'tasks',
  columns: { ...ofTasks, calls_back: 'integer', batch_place: 'integer' },
  key: ['id'],
  // A batch has its order on SQLite by the numbers of rows, which are given in the order of ids, as tasks of a batch get theirs.
  uncompared: ['batch_place'],
  sqlite: {
    read: {
      batch_place:
        'iif(batch_id IS NULL, NULL, rowid - (SELECT min(rowid) FROM tasks AS b WHERE b.batch_id = tasks.batch_id))',
    },
    written: { ...ofTasks, calls_back: 'integer' },
  },
  postgres: {
    read: { calls_back: '(callback_url IS NOT NULL)::integer' },
    written: {
      ...ofTasks,
      batch_place: 'integer',
      callback_url: 'text',
      callback_host: 'text',
      callback_events: 'list',
    },
    toRows: (row) => [{ ...row, ...callbackOf(row) }],
  },
};

function callbackOf({ calls_back: callsBack, request }: MovedRow): MovedRow {
  const callback = callsBack === 1 ? toCallback(JSON.parse(String(request)) as TaskRequest) : null;
  return {
    callback_url: callback?.url ?? null,
    callback_host: callback?.host ?? null,
    callback_events: callback === null ? null : JSON.stringify(callback.events.split(',')),
  };
}

const attempts: MovedTable = {
  name: 'attempts',
  columns: {
    task_id: 'text',
    number: 'integer',
    upstream: 'text',
    upstream_model: 'text',
    credential: 'text',
    started_at: 'integer',
    finished_at: 'integer',
    outcome: 'text',
    failure: 'text',
    maybe_billed: 'integer',
    operation: 'text',
    usage: 'text',
    cost_micro_usd: 'integer',
    indices: 'text',
    brought: 'text',
    next_call: 'text',
  },
  key: ['task_id', 'number'],
};

const unreadAnswers: MovedTable = {
  name: 'unread_answers',
  columns: { task_id: 'text', attempt: 'integer', kept_at: 'integer', answer: 'text' },
  key: ['task_id', 'attempt'],
};

const keys: MovedTable = {
  name: 'api_keys',
  columns: {
    id: 'text',
    hash: 'bytes',
    name: 'name',
    role: 'text',
    hint: 'text',
    created_at: 'integer',
    expires_at: 'integer',
    revoked_at: 'integer',
    owner_id: 'text',
    scopes: 'text',
    models: 'text',
    networks: 'text',
    priority_max: 'integer',
    declared_as: 'text',
    previous_hash: 'bytes',
    previous_until: 'integer',
    last_used_at: 'integer',
  },
  key: ['id'],
};

const ofAudit = {
  at: 'integer',
  act: 'text',
  who: 'name',
  who_name: 'name',
  subject: 'name',
  before: 'text',
  after: 'text',
  address: 'text',
  request_id: 'text',
} as const satisfies Columns;

const audit: MovedTable = {
  name: 'audit',
  columns: { number: 'integer', ...ofAudit },
  key: ['number'],
  postgres: { overriding: 'OVERRIDING SYSTEM VALUE' },
};

const files: MovedTable = {
  name: 'files',
  columns: {
    id: 'text',
    key_id: 'text',
    picture_key: 'text',
    file_name: 'name',
    content_type: 'text',
    width: 'integer',
    height: 'integer',
    bytes: 'integer',
    sha256: 'text',
    created_at: 'integer',
    expires_at: 'integer',
    purpose: 'text',
  },
  key: ['id'],
};

const keptAnswers: MovedTable = {
  name: 'kept_answers',
  columns: {
    key_id: 'text',
    idempotency_key: 'name',
    request_hash: 'text',
    answer: 'text',
    expires_at: 'integer',
    held_by: 'text',
    held_at: 'integer',
    claims: 'integer',
  },
  key: ['key_id', 'idempotency_key'],
};

const alerts: MovedTable = {
  name: 'alerts',
  columns: { subject_id: 'text', event: 'text', occasion: 'text', at: 'integer', ends_at: 'integer' },
  key: ['subject_id', 'event', 'occasion'],
};

const picturesToDelete: MovedTable = {
  name: 'pictures_to_delete',
  columns: { key: 'text', noted_at: 'integer' },
  key: ['key'],
};

export const movedTables: readonly MovedTable[] = [
  owners,
  declarations,
  keys,
  earlierOwners,
  limits,
  ledgerTable,
  tasks,
  attempts,
  unreadAnswers,
  files,
  clientBatches,
  keptAnswers,
  endpoints,
  secrets,
  deliveries,
  deliveryAttempts,
  countsTable,
  usageTable,
  alerts,
  picturesToDelete,
  audit,
];

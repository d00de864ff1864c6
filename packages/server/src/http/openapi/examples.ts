// Answers as they look: an example for each. The document's test holds them against their schemas.

import type { AnswerData } from './answer-types.ts';
import { key, me, owner, session } from './key-examples.ts';
import { audit, operatorTask } from './operator-examples.ts';

const taskId = '01a2056a-2a83-72c6-972a-2013e9fd9af3';
const otherId = '01a2056a-51f0-7a3e-8b1d-6fb8a7e0c2d4';
const batchId = '01a2056b-0d37-7f21-9c55-1be4f0a6d803';
const sha256 = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
const origin = 'https://pictures.example.com';

const receipt = {
  model: 'nano-banana-2.1',
  upstream: 'gemini',
  upstream_model: 'gemini-nano-banana-2.1',
  attempt: 1,
  create_time: '1795387177',
};
const task: AnswerData['Task'] = {
  task_id: taskId,
  state: 'succeeded',
  data: {
    images: [
      { url: `${origin}/files/${taskId}/output.png?e=1795819177&token=_kQf0mXo`, file_name: 'output.png' },
    ],
    description: '',
  },
  create_time: '1795387173',
  update_time: '1795387177',
  msg: '',
  status: '3',
  action: 'generate',
  model: 'nano-banana-2.1',
  progress: 1,
  attempts: [
    {
      number: 1,
      upstream: 'gemini',
      upstream_model: 'gemini-nano-banana-2.1',
      start_time: '1795387173',
      end_time: '1795387177',
      outcome: 'succeeded',
      usage: { input_tokens: 12, output_tokens: 1120, total_tokens: 1132 },
      cost_micro_usd: 67_206,
    },
  ],
  image_details: [{ width: 1376, height: 768, content_type: 'image/png', bytes: 1_482_113, sha256, receipt }],
  usage: { input_tokens: 12, output_tokens: 1120, total_tokens: 1132 },
  cost_micro_usd: 67_206,
  cost: { estimated_micro_usd: 67_200, reserved_micro_usd: 0, charged_micro_usd: 67_206 },
  expires_at: '1795819177',
};

const file: AnswerData['File'] = {
  file_id: otherId,
  file: `${origin}/files/${otherId}/input.jpg?e=1795473600&token=Zr8u`,
  file_name: 'input.jpg',
  content_type: 'image/jpeg',
  width: 1600,
  height: 1200,
  bytes: 402_113,
  sha256,
  create_time: '1795387200',
  expires_at: '1795473600',
};

const webhook: AnswerData['Webhook'] = {
  webhook_id: 'we_5f1d0c9a7b3e4f62a8d1c0b9e7f6a5d4',
  url: 'https://shop.example.com/hooks/pictures',
  events: ['task.succeeded', 'task.failed', 'task.cancelled'],
  description: 'The shop',
  enabled: true,
  create_time: '1795380000',
};
const secret = 'whsec_ZXhhbXBsZS1zZWNyZXQtb2YtMzItYnl0ZXMtLi4uLi4=';
const delivery: AnswerData['Delivery'] = {
  delivery_id: 'msg_9b2e4d6f8a0c1e3f5a7b9c0d2e4f6a8b',
  type: 'task.succeeded',
  state: 'delivered',
  url: webhook.url,
  webhook_id: webhook.webhook_id,
  task_id: taskId,
  create_time: '1795387177',
  tries: 1,
  finished_at: '1795387178',
};

const counts = {
  submitted: 214,
  succeeded: 210,
  failed: 3,
  cancelled: 1,
  cost_micro_usd: 14_113_260,
  duration_seconds: { p50: 4.2, p90: 6.9, p99: 14.8 },
  dwell_seconds: { p50: 0.01, p90: 0.09, p99: 1.4 },
};
const model = 'nano-banana-2.1';
const overview: AnswerData['Overview'] = {
  from: '1795300800',
  to: '1795387200',
  step: 86_400,
  now: { pending: 0, running: 1, oldest_wait_seconds: 0, models: [{ model, pending: 0, running: 1 }] },
  series: [{ at: '1795300800', ...counts, open: 2 }],
  models: [
    {
      model,
      ...counts,
      run_seconds: { p50: 4.1, p90: 6.7, p99: 14.2 },
    },
  ],
  failures: [
    { type: 'content_rejected', count: 3 },
    { type: 'cancelled', count: 1 },
  ],
  disk: {
    free_bytes: 81_604_378_624,
    total_bytes: 270_582_939_648,
    min_free_bytes: 268_435_456,
    database_bytes: 18_874_368,
    picture_store: 'disk',
  },
  nodes: [
    {
      id: '5b0c4f0e-3b0f-4a3f-9d7b-2f6f0a9d1c11',
      role: 'all',
      host: 'pictures-1',
      pid: 4_711,
      version: '0.1.0',
      node_version: 'v26.10.0',
      start_time: '1795200000',
      uptime_seconds: 187_200,
      heartbeat_time: '1795387200',
      running: 2,
      memory_bytes: 182_452_224,
      heap_used_bytes: 48_234_496,
      concurrency: 8,
    },
  ],
};

const setting: AnswerData['Settings']['settings'][number] = {
  name: 'concurrency',
  value: 8,
  default: 8,
  is_hidden: false,
  source: 'default',
  set_by: null,
  variable: 'PLANTAIN_CONCURRENCY',
  about: 'Tasks that run at the same time.',
};

const upstreams: AnswerData['Upstreams'] = {
  upstreams: [
    {
      name: 'gemini',
      kind: 'gemini',
      in_flight: 1,
      requests_today: 214,
      next_reset_at: '1795420800',
      limits: { concurrency: { limit: 8, used: 1 } },
      models: [{ model: 'nano-banana-2.1', upstream_model: 'gemini-nano-banana-2.1' }],
      keys: [
        {
          label: 'gemini-1',
          state: 'available',
          in_flight: 1,
          requests_today: 214,
          concurrency_limit: 8,
          limits: {},
          pauses: [],
          circuit: { state: 'closed' },
          recent_errors: [],
        },
      ],
    },
  ],
};

const usage = {
  submitted: 43,
  succeeded: 40,
  failed: 2,
  cancelled: 1,
  pictures: 40,
  charged_micro_usd: 2_000_000,
  reserved_micro_usd: 0,
};

export const answerExamples: AnswerData = {
  Task: task,
  Submit: {
    task_id: taskId,
    events_url: `${origin}/api/gemini/nano-banana/${taskId}/events?e=1795819177&token=q1Zs`,
  },
  Retry: { task_id: otherId, retry_of: taskId },
  TaskRequest: {
    task_id: taskId,
    action: 'edit',
    prompt: 'put a hat on the cat',
    model: 'nano-banana-2.1',
    image_urls: [`${origin}/files/${taskId}/input-1.jpg?e=1795392000&token=9nXc`],
    aspect_ratio: 'auto',
    image_size: '1K',
    deadline_seconds: 900,
  },
  TaskDeleted: { task_id: taskId, deleted: true },
  TaskList: { tasks: [task], next_cursor: null },
  Tasks: { tasks: [task], unknown: [otherId] },
  Batch: { batch_id: batchId, task_ids: [taskId, otherId] },
  BatchStatus: {
    batch_id: batchId,
    create_time: '1795387173',
    total: 2,
    pending: 0,
    running: 1,
    succeeded: 1,
    error: 0,
    progress: 0.7,
    tasks: [
      { task_id: taskId, state: 'succeeded' },
      { task_id: otherId, state: 'running' },
    ],
  },
  BatchCancel: { batch_id: batchId, cancelled: 0, cancel_requested: 1, already_final: 1 },
  File: file,
  FileList: { files: [file] },
  FileDeleted: { file_id: otherId, deleted: true },
  Webhook: webhook,
  NewWebhook: { ...webhook, secret },
  WebhookList: { webhooks: [webhook] },
  WebhookDeleted: { webhook_id: webhook.webhook_id, deleted: true },
  WebhookSecret: { secret },
  RotatedSecret: { secret, previous_secret_expires_at: '1795473577' },
  Delivery: { ...delivery, attempts: [{ time: '1795387177', duration_ms: 84, status: 204, answer: '' }] },
  DeliveryList: { deliveries: [delivery], next_cursor: null },
  Replay: { replayed: 12 },
  Models: {
    models: [
      {
        name: model,
        aliases: ['gemini-nano-banana-2.1'],
        aspect_ratios: ['1:1', '16:9'],
        image_sizes: ['1K', '2K', '4K'],
        max_inputs: 14,
        takes_seed: true,
        takes_mask: false,
        picture_micro_usd: { '1K': 33_600, '2K': 50_400, '4K': 113_000 },
      },
    ],
    default_model: model,
  },
  Home: { name: 'Plantain', version: '0.1.0', docs: '/docs', openapi: '/openapi.json' },
  Me: me,
  Session: session,
  Sessions: { sessions: [session] },
  SessionDeleted: { session_id: session.session_id, deleted: true },
  SessionsDeleted: { deleted: 1 },
  Owner: owner,
  Owners: { owners: [owner], next_cursor: null },
  OwnerDeleted: { owner_id: owner.owner_id, deleted: true },
  Key: key,
  Keys: { keys: [key] },
  NewKey: { ...key, secret: 'plantain_7MV2…' },
  Overview: overview,
  Settings: { settings: [setting] },
  Upstreams: upstreams,
  OperatorTask: operatorTask,
  OperatorTasks: { tasks: [operatorTask], next_cursor: null },
  OperatorCancel: { task_id: taskId, outcome: 'cancelled' },
  Audit: audit,
  Usage: {
    from: '2026-11-01',
    to: '2026-11-30',
    rows: [{ day: '2026-11-22', model: 'nano-banana', ...usage }],
    total: usage,
  },
  AdminUsage: {
    from: '2026-11-01',
    to: '2026-11-30',
    rows: [
      {
        owner_id: owner.owner_id,
        owner_name: owner.name,
        upstream: 'gemini',
        ...usage,
        cost_micro_usd: 1_560_000,
      },
    ],
    total: { ...usage, cost_micro_usd: 1_560_000 },
  },
};

/** An answer's `data` with the envelope around it. */
export function enveloped(data: unknown): object {
  return { code: 200, msg: 'success', data, exec_time: 0.000425, ip: '203.0.113.7' };
}

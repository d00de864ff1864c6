// The schema, as numbered steps that are never edited once released: step N takes a database from version N-1 to N.
// The CHECKs hold the state table of core/tasks/task.ts, so that no bug can store a task that could not exist.

import { adminKeys } from './migrations/admin-keys.ts';
import { alerts } from './migrations/alerts.ts';
import { audit } from './migrations/audit.ts';
import { clientBatches } from './migrations/client-batches.ts';
import { declarations } from './migrations/declarations.ts';
import { endpointFailures } from './migrations/endpoint-failures.ts';
import { installation } from './migrations/installation.ts';
import { ledger } from './migrations/ledger.ts';
import { earlierOwners } from './migrations/earlier-owners.ts';
import { fairOrder } from './migrations/fair-order.ts';
import { owners } from './migrations/owners.ts';
import { pictures } from './migrations/pictures.ts';
import { prompts } from './migrations/prompts.ts';
import { sessions } from './migrations/sessions.ts';
import { storedBytes } from './migrations/stored-bytes.ts';
import { storedSums } from './migrations/stored-sums.ts';
import { tries } from './migrations/tries.ts';
import { usage } from './migrations/usage.ts';

export const migrations: readonly string[] = [
  // 1: tasks, attempts, keys
  `
  CREATE TABLE tasks (
    id               TEXT PRIMARY KEY,
    key_id           TEXT NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'error')),
    view_key         TEXT,
    view             TEXT,
    action           TEXT NOT NULL CHECK (action IN ('generate', 'edit')),
    model            TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL CHECK (updated_at >= created_at),
    due_at           INTEGER NOT NULL,
    deadline_at      INTEGER NOT NULL CHECK (deadline_at > created_at),
    finished_at      INTEGER,
    progress         REAL NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    tries_used       INTEGER NOT NULL DEFAULT 0 CHECK (tries_used >= 0),
    lease_token      TEXT,
    lease_expires_at INTEGER,
    result           TEXT,
    failure          TEXT,
    request          TEXT NOT NULL,
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'error'))),
    CHECK ((view IS NOT NULL) = (finished_at IS NOT NULL)),
    CHECK ((view_key IS NOT NULL) = (view IS NOT NULL)),
    CHECK ((result IS NOT NULL) = (state = 'succeeded')),
    CHECK ((failure IS NOT NULL) = (state = 'error')),
    CHECK ((lease_token IS NOT NULL) = (state = 'running')),
    CHECK ((lease_expires_at IS NOT NULL) = (state = 'running'))
  ) STRICT;
  CREATE INDEX tasks_due ON tasks (due_at, id) WHERE state = 'pending';
  CREATE INDEX tasks_deadline ON tasks (deadline_at) WHERE state = 'pending';
  CREATE INDEX tasks_lease ON tasks (lease_expires_at) WHERE state = 'running';

  CREATE TABLE attempts (
    task_id        TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    number         INTEGER NOT NULL CHECK (number >= 1),
    upstream       TEXT NOT NULL,
    upstream_model TEXT NOT NULL,
    started_at     INTEGER NOT NULL,
    finished_at    INTEGER,
    outcome        TEXT CHECK (outcome IN ('succeeded', 'failed', 'unknown', 'interrupted')),
    failure        TEXT,
    maybe_billed   INTEGER NOT NULL DEFAULT 0 CHECK (maybe_billed IN (0, 1)),
    PRIMARY KEY (task_id, number),
    CHECK ((outcome IS NOT NULL) = (finished_at IS NOT NULL)),
    CHECK (failure IS NULL OR outcome IN ('failed', 'unknown', 'interrupted'))
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX attempts_open ON attempts (task_id) WHERE outcome IS NULL;

  CREATE TABLE api_keys (
    id         TEXT PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    name       TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('admin', 'user')),
    hint       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
  ) STRICT;
  `,
  // 2: what an attempt used and cost, the job it started at its upstream; the queue by model and number of inputs
  `
  ALTER TABLE attempts ADD COLUMN account TEXT;
  ALTER TABLE attempts ADD COLUMN operation TEXT;
  ALTER TABLE attempts ADD COLUMN usage TEXT;
  ALTER TABLE attempts ADD COLUMN cost_micro_usd INTEGER CHECK (cost_micro_usd >= 0);
  ALTER TABLE tasks ADD COLUMN inputs INTEGER NOT NULL DEFAULT 0 CHECK (inputs >= 0);
  UPDATE tasks SET inputs = json_array_length(request, '$.inputs') WHERE finished_at IS NULL;
  DROP INDEX tasks_due;
  CREATE INDEX tasks_due ON tasks (model, inputs, due_at, id) WHERE state = 'pending';
  `,
  // 3: how long pictures are kept where the request says so, and whether they are gone; uploaded files
  `
  ALTER TABLE tasks ADD COLUMN expires_in_ms INTEGER CHECK (expires_in_ms > 0);
  ALTER TABLE tasks ADD COLUMN pictures_deleted_at INTEGER CHECK (pictures_deleted_at IS NULL OR state = 'succeeded');
  CREATE INDEX tasks_pictures ON tasks (finished_at)
    WHERE state = 'succeeded' AND pictures_deleted_at IS NULL AND expires_in_ms IS NULL;
  CREATE INDEX tasks_pictures_asked ON tasks (finished_at + expires_in_ms)
    WHERE state = 'succeeded' AND pictures_deleted_at IS NULL AND expires_in_ms IS NOT NULL;
  CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE files (
    id           TEXT PRIMARY KEY,
    key_id       TEXT NOT NULL,
    picture_key  TEXT NOT NULL,
    file_name    TEXT NOT NULL,
    content_type TEXT NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    bytes        INTEGER NOT NULL,
    sha256       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL CHECK (expires_at > created_at)
  ) STRICT;
  CREATE INDEX files_of_key ON files (key_id, created_at);
  CREATE INDEX files_by_picture ON files (picture_key, expires_at);
  CREATE INDEX files_expired ON files (expires_at);
  `,
  // 4: lists, batches, the order of changes, the wish to cancel, answers kept for requests that are repeated
  `
  ALTER TABLE tasks ADD COLUMN batch_id TEXT;
  ALTER TABLE tasks ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tasks ADD COLUMN cancel_requested_at INTEGER;
  UPDATE tasks SET changed = rowid;
  CREATE INDEX tasks_of_key ON tasks (key_id, id);
  CREATE INDEX tasks_changed ON tasks (key_id, changed);
  CREATE INDEX tasks_of_batch ON tasks (batch_id) WHERE batch_id IS NOT NULL;
  CREATE INDEX tasks_to_cancel ON tasks (id) WHERE state = 'pending' AND cancel_requested_at IS NOT NULL;

  CREATE TABLE kept_answers (
    key_id          TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    answer          TEXT NOT NULL,
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (key_id, idempotency_key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX kept_answers_expired ON kept_answers (expires_at);
  `,
  // 5: webhooks: which tasks have a callback, endpoints, secrets, deliveries with their attempts
  `
  ALTER TABLE tasks ADD COLUMN calls_back INTEGER NOT NULL DEFAULT 0 CHECK (calls_back IN (0, 1));
  CREATE TABLE webhook_endpoints (
    id              TEXT PRIMARY KEY,
    key_id          TEXT NOT NULL,
    url             TEXT NOT NULL,
    host            TEXT NOT NULL,
    events          TEXT NOT NULL,
    description     TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    failing_since   INTEGER,
    disabled_at     INTEGER,
    disabled_reason TEXT,
    CHECK ((disabled_reason IS NOT NULL) = (disabled_at IS NOT NULL))
  ) STRICT;
  CREATE INDEX webhook_endpoints_of_key ON webhook_endpoints (key_id, created_at);

  CREATE TABLE webhook_secrets (
    owner      TEXT NOT NULL,
    secret     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT;
  CREATE INDEX webhook_secrets_of_owner ON webhook_secrets (owner);
  CREATE UNIQUE INDEX webhook_secrets_current ON webhook_secrets (owner) WHERE expires_at IS NULL;
  CREATE INDEX webhook_secrets_expired ON webhook_secrets (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE webhook_deliveries (
    id           TEXT PRIMARY KEY,
    key_id       TEXT NOT NULL,
    endpoint_id  TEXT,
    task_id      TEXT,
    event        TEXT NOT NULL,
    url          TEXT NOT NULL,
    host         TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    created_at   INTEGER NOT NULL,
    counted_from INTEGER NOT NULL CHECK (counted_from >= created_at),
    due_at       INTEGER NOT NULL,
    finished_at  INTEGER,
    reason       TEXT,
    tries        INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    CHECK ((finished_at IS NOT NULL) = (state <> 'pending')),
    CHECK ((reason IS NOT NULL) = (state = 'failed'))
  ) STRICT;
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (host, due_at) WHERE state = 'pending';
  CREATE INDEX webhook_deliveries_of_key ON webhook_deliveries (key_id, state, created_at, id);
  CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, state, created_at, id) WHERE endpoint_id IS NOT NULL;
  CREATE INDEX webhook_deliveries_of_task ON webhook_deliveries (task_id) WHERE task_id IS NOT NULL;
  CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE webhook_attempts (
    delivery_id  TEXT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number       INTEGER NOT NULL CHECK (number >= 1),
    at           INTEGER NOT NULL,
    duration_ms  INTEGER NOT NULL,
    status       INTEGER,
    error        TEXT,
    answer_start TEXT NOT NULL,
    PRIMARY KEY (delivery_id, number)
  ) STRICT, WITHOUT ROWID;
  `,
  // 6: tasks counted by time and model
  `
  CREATE TABLE task_counts (
    bucket_at INTEGER NOT NULL,
    model     TEXT NOT NULL,
    submitted INTEGER NOT NULL,
    ends      TEXT NOT NULL,
    PRIMARY KEY (bucket_at, model)
  ) STRICT, WITHOUT ROWID;
  `,
  // 7: pictures of tasks that their owners deleted
  `
  CREATE TABLE pictures_to_delete (
    key      TEXT PRIMARY KEY,
    noted_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pictures_to_delete_noted ON pictures_to_delete (noted_at);
  `,
  // 8: whole answers of upstreams that could not be used, for the operator
  `
  CREATE TABLE unread_answers (
    task_id TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL CHECK (attempt >= 1),
    kept_at INTEGER NOT NULL,
    answer  TEXT NOT NULL,
    PRIMARY KEY (task_id, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unread_answers_kept ON unread_answers (kept_at);
  `,
  // 9: deliveries found by key
  `
  CREATE INDEX webhook_deliveries_of_key_due ON webhook_deliveries (key_id, due_at) WHERE state = 'pending';
  `,
  // 10: the key of an upstream by the word that the code has for it
  `
  ALTER TABLE attempts RENAME COLUMN account TO credential;
  `,
  // 11: until when what is to be done with a task or a delivery is somebody's
  `
  ALTER TABLE tasks ADD COLUMN claimed_until INTEGER;
  CREATE INDEX tasks_claimed ON tasks (claimed_until) WHERE claimed_until IS NOT NULL;
  ALTER TABLE webhook_deliveries ADD COLUMN claimed_until INTEGER;
  CREATE INDEX webhook_deliveries_claimed ON webhook_deliveries (claimed_until) WHERE claimed_until IS NOT NULL;
  `,
  // 12
  owners,
  // 13
  audit,
  // 14
  ledger,
  // 15
  storedBytes,
  // 16
  fairOrder,
  // 17
  usage,
  // 18
  declarations,
  // 19
  alerts,
  // 20
  storedSums,
  // 21
  pictures,
  // 22
  earlierOwners,
  // 23
  clientBatches,
  // 24
  tries,
  // 25
  prompts,
  // 26
  installation,
  // 27
  endpointFailures,
  // 28
  adminKeys,
  // 29
  sessions,
];

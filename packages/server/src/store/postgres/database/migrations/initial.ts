// Everything that the embedded store has at its version 11, and the queue in a table of its own.

import { callTables } from '../call-tables.ts';
import { nodeTables } from '../node-tables.ts';
import { text } from './column-types.ts';

export const initial = `
  -- Of large tables a twentieth that is dead is already much, and statistics are made anew before they mislead.
  CREATE TABLE tasks (
    id                  ${text} PRIMARY KEY,
    key_id              ${text} NOT NULL,
    state               ${text} NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'error')),
    view_key            ${text},
    view                ${text},
    action              ${text} NOT NULL CHECK (action IN ('generate', 'edit')),
    model               ${text} NOT NULL,
    inputs              integer NOT NULL CHECK (inputs >= 0),
    created_at          bigint NOT NULL,
    updated_at          bigint NOT NULL CHECK (updated_at >= created_at),
    due_at              bigint NOT NULL,
    deadline_at         bigint NOT NULL CHECK (deadline_at > created_at),
    finished_at         bigint,
    progress            double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    tries_used          integer NOT NULL DEFAULT 0 CHECK (tries_used >= 0),
    lease_token         ${text},
    lease_expires_at    bigint,
    claimed_until       bigint,
    cancel_requested_at bigint,
    expires_in_ms       bigint CHECK (expires_in_ms > 0),
    pictures_deleted_at bigint CHECK (pictures_deleted_at IS NULL OR state = 'succeeded'),
    batch_id            ${text},
    batch_place         integer,
    changed             bigint NOT NULL,
    callback_url        ${text},
    callback_host       ${text},
    callback_events     text[],
    result              ${text},
    failure             ${text},
    request             ${text} NOT NULL,
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'error'))),
    CHECK ((view IS NOT NULL) = (finished_at IS NOT NULL)),
    CHECK ((view_key IS NOT NULL) = (view IS NOT NULL)),
    CHECK ((result IS NOT NULL) = (state = 'succeeded')),
    CHECK ((failure IS NOT NULL) = (state = 'error')),
    CHECK ((lease_token IS NOT NULL) = (state = 'running')),
    CHECK ((lease_expires_at IS NOT NULL) = (state = 'running')),
    CHECK ((callback_url IS NULL) = (callback_host IS NULL)),
    CHECK ((batch_id IS NULL) = (batch_place IS NULL))
  ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
  -- Lists of a key, newest first: reads/task-lists.ts.
  CREATE INDEX tasks_of_key ON tasks (key_id, id);
  -- Events of a key in the order of its changes: changedSince, latestChange.
  CREATE INDEX tasks_changed ON tasks (key_id, changed, id);
  -- Changes of all keys, which every node follows.
  CREATE INDEX tasks_followed ON tasks (changed, id);
  -- batch.
  CREATE INDEX tasks_of_batch ON tasks (batch_id, batch_place) WHERE batch_id IS NOT NULL;
  -- claimPastDeadline.
  CREATE INDEX tasks_deadline ON tasks (deadline_at) WHERE state = 'pending';
  -- claimExpiredLeases, running.
  CREATE INDEX tasks_lease ON tasks (lease_expires_at) WHERE state = 'running';
  -- claimCancelled.
  CREATE INDEX tasks_to_cancel ON tasks (deadline_at) WHERE state = 'pending' AND cancel_requested_at IS NOT NULL;
  -- claimExpiredPictures: those of the setting's time, and those of a time of their own.
  CREATE INDEX tasks_pictures ON tasks (finished_at)
    WHERE state = 'succeeded' AND pictures_deleted_at IS NULL AND expires_in_ms IS NULL;
  CREATE INDEX tasks_pictures_asked ON tasks ((finished_at + expires_in_ms))
    WHERE state = 'succeeded' AND pictures_deleted_at IS NULL AND expires_in_ms IS NOT NULL;
  -- pullBack. Of few tasks at a time.
  CREATE INDEX tasks_claimed ON tasks (claimed_until) WHERE claimed_until IS NOT NULL;
  -- deleteFinished, recentRuns.
  CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;

  -- The queue: a row for each task that may be taken, narrow, as every take leaves a dead one behind.
  CREATE TABLE waiting (
    model       ${text} NOT NULL,
    inputs      integer NOT NULL,
    due_at      bigint NOT NULL,
    task_id     ${text} NOT NULL,
    deadline_at bigint NOT NULL,
    resumes     boolean NOT NULL,
    PRIMARY KEY (model, inputs, due_at, task_id)
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
  -- Its row goes with the task: finishIfPending, takeOperations.
  CREATE INDEX waiting_of_task ON waiting (task_id);
  -- takeOperations, pendingWork.
  CREATE INDEX waiting_operations ON waiting (due_at, task_id) WHERE resumes;

  -- What is added to the numbers of transactions for those of changes: changes-order.ts.
  CREATE TABLE change_numbers (added bigint NOT NULL);
  INSERT INTO change_numbers VALUES (0);

  -- Changes that leave no new number with the task.
  CREATE TABLE silent_changes (
    changed bigint NOT NULL,
    task_id ${text} NOT NULL,
    key_id  ${text} NOT NULL,
    state   ${text} NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now()
  );
  -- Those after a number, which every node follows: changes-cursor.ts.
  CREATE INDEX silent_changes_followed ON silent_changes (changed, task_id);
  -- They are forgotten when every node has heard of them.
  CREATE INDEX silent_changes_told ON silent_changes (told_at);

  -- Numbers of calls in the order in which they were opened or set aside.
  CREATE SEQUENCE call_numbers;

  CREATE TABLE attempts (
    task_id        ${text} NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    number         integer NOT NULL CHECK (number >= 1),
    upstream       ${text} NOT NULL,
    upstream_model ${text} NOT NULL,
    credential     ${text},
    started_at     bigint NOT NULL,
    finished_at    bigint,
    outcome        ${text} CHECK (outcome IN ('succeeded', 'failed', 'unknown', 'interrupted')),
    failure        ${text},
    maybe_billed   integer NOT NULL DEFAULT 0 CHECK (maybe_billed IN (0, 1)),
    operation      ${text},
    usage          ${text},
    cost_micro_usd bigint CHECK (cost_micro_usd >= 0),
    call_number    bigint NOT NULL DEFAULT nextval('call_numbers'),
    PRIMARY KEY (task_id, number),
    CHECK ((outcome IS NOT NULL) = (finished_at IS NOT NULL)),
    CHECK (failure IS NULL OR outcome IN ('failed', 'unknown', 'interrupted'))
  ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
  -- The open attempt of a task, of which there is one at most.
  CREATE UNIQUE INDEX attempts_open ON attempts (task_id) WHERE outcome IS NULL;
  -- countCalls.
  CREATE INDEX attempts_open_calls ON attempts (call_number) WHERE outcome IS NULL;
  -- countAttempts.
  CREATE INDEX attempts_started ON attempts (started_at);

${callTables}
  CREATE TABLE api_keys (
    id         ${text} PRIMARY KEY,
    hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    name       ${text} NOT NULL,
    role       ${text} NOT NULL CHECK (role IN ('admin', 'user')),
    hint       ${text} NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
  );

  ${nodeTables}

  CREATE TABLE files (
    id           ${text} PRIMARY KEY,
    key_id       ${text} NOT NULL,
    picture_key  ${text} NOT NULL,
    file_name    ${text} NOT NULL,
    content_type ${text} NOT NULL,
    width        integer NOT NULL,
    height       integer NOT NULL,
    bytes        bigint NOT NULL,
    sha256       ${text} NOT NULL,
    created_at   bigint NOT NULL,
    expires_at   bigint NOT NULL CHECK (expires_at > created_at)
  );
  -- listFiles.
  CREATE INDEX files_of_key ON files (key_id, created_at);
  -- isFileStored.
  CREATE INDEX files_by_picture ON files (picture_key, expires_at);
  -- deleteExpiredFiles.
  CREATE INDEX files_expired ON files (expires_at);

  CREATE TABLE kept_answers (
    key_id          ${text} NOT NULL,
    idempotency_key ${text} NOT NULL,
    request_hash    ${text} NOT NULL,
    answer          ${text} NOT NULL,
    expires_at      bigint NOT NULL,
    PRIMARY KEY (key_id, idempotency_key)
  );
  -- deleteExpiredAnswers.
  CREATE INDEX kept_answers_expired ON kept_answers (expires_at);

  CREATE TABLE webhook_endpoints (
    id              ${text} PRIMARY KEY,
    key_id          ${text} NOT NULL,
    url             ${text} NOT NULL,
    host            ${text} NOT NULL,
    events          text[] NOT NULL,
    description     ${text} NOT NULL,
    created_at      bigint NOT NULL,
    failing_since   bigint,
    disabled_at     bigint,
    disabled_reason ${text},
    CHECK ((disabled_reason IS NOT NULL) = (disabled_at IS NOT NULL))
  );
  -- listEndpoints, the limit of insertEndpoint, and whom a change is told.
  CREATE INDEX webhook_endpoints_of_key ON webhook_endpoints (key_id, created_at);

  -- The number says which of an owner's is newer.
  CREATE TABLE webhook_secrets (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner      ${text} NOT NULL,
    secret     ${text} NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint
  );
  -- secretsOf, rotateSecret.
  CREATE INDEX webhook_secrets_of_owner ON webhook_secrets (owner);
  -- ensureSecret: one current secret for each owner.
  CREATE UNIQUE INDEX webhook_secrets_current ON webhook_secrets (owner) WHERE expires_at IS NULL;
  -- deleteExpiredSecrets.
  CREATE INDEX webhook_secrets_expired ON webhook_secrets (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE webhook_deliveries (
    id            ${text} PRIMARY KEY,
    key_id        ${text} NOT NULL,
    endpoint_id   ${text},
    task_id       ${text},
    event         ${text} NOT NULL,
    url           ${text} NOT NULL,
    host          ${text} NOT NULL,
    state         ${text} NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
    created_at    bigint NOT NULL,
    counted_from  bigint NOT NULL CHECK (counted_from >= created_at),
    due_at        bigint NOT NULL,
    finished_at   bigint,
    reason        ${text},
    tries         integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    claimed_until bigint,
    CHECK ((finished_at IS NOT NULL) = (state <> 'pending')),
    CHECK ((reason IS NOT NULL) = (state = 'failed'))
  ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);
  -- pendingReceivers, dueDeliveries.
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (host, due_at) WHERE state = 'pending';
  -- pendingKeys, nextDeliveriesOfKey.
  CREATE INDEX webhook_deliveries_of_key_due ON webhook_deliveries (key_id, due_at) WHERE state = 'pending';
  -- listDeliveries and replayDeliveries of a key.
  CREATE INDEX webhook_deliveries_of_key ON webhook_deliveries (key_id, state, created_at, id);
  -- listDeliveries and replayDeliveries of an endpoint, and what waits for one that is changed.
  CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, state, created_at, id) WHERE endpoint_id IS NOT NULL;
  -- listDeliveries of a task, and whether a task's start was told.
  CREATE INDEX webhook_deliveries_of_task ON webhook_deliveries (task_id) WHERE task_id IS NOT NULL;
  -- pullBack. Of few deliveries at a time.
  CREATE INDEX webhook_deliveries_claimed ON webhook_deliveries (claimed_until) WHERE claimed_until IS NOT NULL;
  -- deleteFinishedDeliveries.
  CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE webhook_attempts (
    delivery_id  ${text} NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
    number       integer NOT NULL CHECK (number >= 1),
    at           bigint NOT NULL,
    duration_ms  bigint NOT NULL,
    status       integer,
    error        ${text},
    answer_start ${text} NOT NULL,
    PRIMARY KEY (delivery_id, number)
  );

  -- Each count in parts, one for each of the connections that write: all ends would queue for the lock of one row.
  CREATE TABLE task_counts (
    bucket_at bigint NOT NULL,
    model     ${text} NOT NULL,
    part      integer NOT NULL,
    name      ${text} NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (bucket_at, model, part, name)
  );
  -- foldStatistics: parts that are not joined yet, and fine buckets; what is joined has the part -1.
  CREATE INDEX task_counts_unjoined ON task_counts (bucket_at) WHERE part >= 0 OR bucket_at % 10800000 <> 0;

  -- The latest secret signs links, and the one before it is still believed.
  CREATE TABLE link_secrets (
    made    bigint PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT now(),
    secret  bytea NOT NULL CHECK (length(secret) = 32)
  );

  CREATE TABLE pictures_to_delete (
    key      ${text} PRIMARY KEY,
    noted_at bigint NOT NULL
  );
  -- claimPicturesToDelete.
  CREATE INDEX pictures_to_delete_noted ON pictures_to_delete (noted_at);

  CREATE TABLE unread_answers (
    task_id ${text} NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    attempt integer NOT NULL CHECK (attempt >= 1),
    kept_at bigint NOT NULL,
    answer  ${text} NOT NULL,
    PRIMARY KEY (task_id, attempt)
  );
  -- deleteUnreadAnswers, and the oldest of too many.
  CREATE INDEX unread_answers_kept ON unread_answers (kept_at);
`;

// Joins everything that is reached over HTTP: the status call's quick way, and every face with what it needs.

import type { AddressPolicy } from './lib/addresses.ts';
import type { ModelTable } from './core/models/models.ts';
import type { PictureStore, InspectPicture } from './core/pictures/picture-store.ts';
import type { Changes } from './core/tasks/changes.ts';
import type { Clock } from './lib/clock.ts';
import type { TaskViews } from './core/tasks/task-views.ts';
import type { LinkSigner } from './pictures/stores/signing.ts';
import type { GuardedFetch } from './core/pictures/guarded-fetch.ts';
import type { DeleteTask } from './core/tasks/delete-task.ts';
import type { DiskRoom } from './core/pictures/disk-room.ts';
import type { Admission } from './core/submit/admission.ts';
import type { WebhookDeliverer } from './webhooks/deliver.ts';
import type { UpstreamRouter } from './routing/router.ts';
import type { openDataDirectory } from './open-data-directory.ts';
import { join } from 'node:path';
import type { ParsedConfig } from './config/parse-config.ts';
import { version } from './cli/version.ts';
import type { Config } from './config/settings.ts';
import { showSettings } from './config/shown-settings.ts';
import { createAuthenticator } from './core/keys/authenticator.ts';
import { hashSecret } from './core/keys/keys.ts';
import { createModelTable } from './core/models/models.ts';
import { createLinkNameCheck } from './core/submit/inside-name.ts';
import { createStoreLink } from './core/submit/store-link.ts';
import { createSubmit } from './core/submit/submit.ts';
import { createUpload } from './core/submit/upload.ts';
import { createWebhookUrlCheck } from './core/webhooks/webhook-url.ts';
import { createWatch } from './core/tasks/watch.ts';
import { adminKeysFace } from './http/routes/admin/admin-keys.ts';
import { adminOverviewFace } from './http/routes/admin/admin-overview.ts';
import { adminSettingsFace } from './http/routes/admin/admin-settings.ts';
import { adminUnreadAnswersFace } from './http/routes/admin/admin-unread-answers.ts';
import { adminUpstreamsFace } from './http/routes/admin/admin-upstreams.ts';
import { createApp } from './http/app.ts';
import { createAuthorize } from './http/access/authorization.ts';
import { createCallerAddress } from './http/connections/caller-address.ts';
import { createEventStreams } from './http/connections/event-streams.ts';
import { batchesFace } from './http/routes/batches.ts';
import { clientPackageFace } from './http/routes/client-package.ts';
import { consoleFace } from './http/routes/console.ts';
import { docsFace } from './http/routes/docs.ts';
import { filesFace } from './http/routes/files.ts';
import { eventsPath, followingFace } from './http/routes/following.ts';
import { healthFace } from './http/routes/health.ts';
import { imagesFace } from './http/routes/images.ts';
import { meFace } from './http/routes/me.ts';
import { mcpFace } from './http/routes/mcp.ts';
import { modelsFace } from './http/routes/models.ts';
import { nanoBananaFace } from './http/routes/nano-banana.ts';
import { tasksFace } from './http/routes/tasks.ts';
import { statusQueriesFace } from './http/routes/status-queries.ts';
import { taskPicturesFace } from './http/routes/task-pictures.ts';
import { uploadsFace } from './http/routes/uploads.ts';
import { webhookDeliveriesFace } from './http/routes/webhook-deliveries.ts';
import { webhooksFace } from './http/routes/webhooks.ts';
import { createFindLinked } from './http/views/linked-pictures.ts';
import { createOpenWaits } from './http/connections/open-waits.ts';
import { createForeignCheck, createOwnHosts } from './http/links/own-hosts.ts';
import { createOwnLinks } from './http/links/own-links.ts';
import { createServe } from './http/route/serve.ts';
import { createAuthorizeByQuery } from './http/access/query-key.ts';
import { createBodyReader } from './http/body/read-body.ts';
import { createStatusFastPath } from './http/status/status-fast-path.ts';
import { createStatusReader } from './http/status/status-reader.ts';
import { parseAllowedHosts } from './lib/addresses.ts';
import { createLoopQueue } from './lib/turns/loop-queue.ts';
import type { Log } from './lib/log.ts';
import { createDecodeGate } from './pictures/decoding.ts';
import { createRenditions } from './pictures/renditions.ts';
import { createStoreInput, storeAsInput } from './pictures/store-input.ts';
import { describeNode, lookAtDisk } from './this-machine.ts';
import { createCancelTask } from './worker/cancel-task.ts';

export interface AppParts {
  store: Awaited<ReturnType<typeof openDataDirectory>>['store'];
  pictureStore: PictureStore;
  changes: Changes;
  clock: Clock;
  log: Log;
  sources: ParsedConfig['sources'];
  router: UpstreamRouter;
  models: ModelTable;
  views: TaskViews;
  signer: LinkSigner;
  policy: AddressPolicy;
  fetch: GuardedFetch;
  inspect: InspectPicture;
  disk: DiskRoom;
  admission: Admission;
  deliverer: WebhookDeliverer;
  deleteTask: DeleteTask;
  /** Asked each time: a server on a free port learns it only when it listens. */
  publicUrl: () => string;
}

/** Where `npm start` puts the console. */
const consoleBuild = join(import.meta.dirname, '..', '..', 'console', 'dist');
/** Where `npm start` puts the packed client. */
const clientPackage = join(import.meta.dirname, '..', 'dist', 'client.tgz');
/** The reference for programs, which `node scripts/openapi.ts` writes. */
const openApiDocument = join(import.meta.dirname, '..', '..', '..', 'docs', 'openapi.json');

/** `waits` are the open long polls and event streams, to be ended before the app is closed. */
export function buildApp(config: Config, parts: AppParts) {
  const { store, pictureStore, changes, clock, log, sources, router, models, views } = parts;
  const { signer, policy, fetch, inspect, disk, admission, deliverer, deleteTask, publicUrl } = parts;
  const { authorize, peekCaller } = createAuthorize(config.auth, createAuthenticator(store, clock));
  const reader = createStatusReader({ store, views, changes });
  const followers = createLoopQueue();
  const watch = createWatch(changes, followers);
  const ports = linkPorts(config);
  const checkWebhookUrl = createWebhookUrlCheck(policy, ports);
  const waits = createOpenWaits({ maxPerKey: config.max_waiting_per_key });
  const callerAddress = createCallerAddress(config.trusted_proxies);
  const storeInput = createStoreInput({ store: pictureStore, inspect });
  const storeLink = createStoreLink({ fetch, storeInput, memoryBytes: 16 * config.max_picture_bytes });
  const findLinked = createFindLinked(store, clock);
  const resolveOwnLink = createOwnLinks({
    find: findLinked,
    verifyLink: signer.verify,
    publicUrl,
    storeAsInput: (picture) => storeAsInput(pictureStore, picture),
    clock,
  });
  const bodies = createBodyReader({ memoryBytes: 8 * config.max_body_bytes });
  const submits = {
    authorize,
    reader,
    bodies,
    callerAddress,
    submit: createSubmit({
      store,
      storeInput,
      resolveOwnLink,
      touchInput: (key) => pictureStore.touch(key),
      storeLink: config.fetch_inputs === 'accept' ? storeLink : null,
      checkLinkName: createLinkNameCheck({ policy, ports }),
      admission,
      clock,
      answerRetentionMs: config.idempotency_lifetime_seconds * 1000,
    }),
    limits: { ...submissionLimits(config, models), checkWebhookUrl },
  };
  const authorizeByQuery = createAuthorizeByQuery({
    authorize,
    isOpen: config.auth === 'open',
    isTaken: config.query_keys,
  });
  const serve = createServe({
    locks: { authorize, authorizeByQuery, verifyLink: signer.verify, clock },
    bodies,
    clock,
  });
  const publicPath = () => new URL(publicUrl()).pathname.replace(/\/$/, '');
  const linkTo = (path: string, expiresAt: number) => publicUrl() + signer.sign(path, expiresAt);
  const webhooks = { authorize, bodies, store, deliverer, clock };
  const cancel = createCancelTask({ store, views, clock, router });
  const render = createRenditions({
    store: pictureStore,
    gate: createDecodeGate({ atOnce: 1 }),
    keepLabels: config.picture_metadata,
  });
  const webhookTimeoutMs = config.webhook_timeout_seconds * 1000;
  const startedAt = clock.now();
  const own = createOwnHosts({ host: config.host, publicUrl: config.public_url });
  const app = createApp({
    ...(config.auth === 'open' ? { foreign: createForeignCheck(own) } : {}),
    statusFastPath: createStatusFastPath({ peekCaller, reader, callerAddress }),
    callerAddress,
    publicPath,
    log,
    faces: [
      nanoBananaFace({
        ...submits,
        eventsLink: (taskId) => linkTo(eventsPath(taskId), clock.now() / 1000 + signer.lifetimeSeconds),
      }),
      statusQueriesFace({
        authorize,
        reader,
        watch,
        waits,
        bodies,
        callerAddress,
        authorizeByQuery,
      }),
      followingFace({
        authorize,
        reader,
        store,
        views,
        watch,
        waits,
        streams: createEventStreams({ waits, log, queue: followers }),
        verifyLink: signer.verify,
        clock,
      }),
      tasksFace({ ...submits, store, views, cancel, deleteTask, linkTo, clock }),
      batchesFace({ ...submits, store, cancel }),
      imagesFace(submits),
      filesFace({
        find: findLinked,
        pictures: pictureStore,
        render,
        redirect: config.s3_links === 'redirect',
        verifyLink: signer.verify,
        clock,
      }),
      uploadsFace({
        authorize,
        bodies,
        upload: createUpload({
          store,
          storeInput,
          resolveOwnLink,
          storeLink,
          disk,
          clock,
        }),
        store,
        linkTo,
        limits: {
          maxBodyBytes: config.max_body_bytes,
          lifetimeSeconds: config.file_lifetime_seconds,
          maxLifetimeSeconds: config.max_picture_lifetime_seconds,
        },
        clock,
      }),
      taskPicturesFace({ authorize, store, pictures: pictureStore, render }),
      webhooksFace({ ...webhooks, checkUrl: checkWebhookUrl, testWaitMs: webhookTimeoutMs + 5_000 }),
      webhookDeliveriesFace(webhooks),
      healthFace({ serve, admission }),
      modelsFace({ serve, models, defaultModel: config.default_model }),
      mcpFace({ authorize, bodies, maxBodyBytes: config.max_body_bytes, publicUrl, own, log }),
      meFace({ serve, store }),
      adminKeysFace({
        serve,
        store,
        isFromSettings: async ({ id }) =>
          config.admin_key !== undefined &&
          (await store.findKeyByHash(hashSecret(config.admin_key)))?.id === id,
        clock,
      }),
      adminOverviewFace({
        serve,
        store,
        disk: () => lookAtDisk(config),
        node: () => describeNode(config, { version, startedAt, now: clock.now() }),
        clock,
      }),
      adminSettingsFace({ serve, settings: showSettings({ config, sources }) }),
      adminUpstreamsFace({ serve, router }),
      adminUnreadAnswersFace({ serve, store, showText: config.unread_answer_text }),
      docsFace({ file: openApiDocument, publicUrl }),
      clientPackageFace({ file: clientPackage, version }),
      consoleFace({
        directory: consoleBuild,
        version,
        publicPath,
        pictureOrigins: () =>
          [publicUrl(), config.s3_endpoint].flatMap((url) =>
            url === undefined ? [] : [new URL(url).origin],
          ),
      }),
    ],
  });
  app.addHook('onClose', () => bodies.close());
  return { app, waits };
}

function submissionLimits(config: Config, models: ReturnType<typeof createModelTable>) {
  return {
    models,
    defaultModel: config.default_model,
    promptMaxCharacters: config.prompt_max_characters,
    maxPictureBytes: config.max_picture_bytes,
    maxBodyBytes: config.max_body_bytes,
    defaultDeadlineSeconds: config.deadline_seconds,
    maxDeadlineSeconds: config.max_deadline_seconds,
    maxPictureLifetimeSeconds: config.max_picture_lifetime_seconds,
  };
}

/** The ports that a name in a URL may have, wherever it leads. */
function linkPorts(config: Config): Set<number> {
  const { hosts } = parseAllowedHosts(config.allowed_private_hosts);
  return new Set([...config.link_ports, ...hosts.flatMap(({ port }) => port ?? [])]);
}

// Builds every face of the API with what it needs.

import { join } from 'node:path';
import type { AppParts } from './parts.ts';
import { clientFaces, uploadLimits } from './client-faces.ts';
import type { FaceParts } from './face-parts.ts';
import { version } from '../cli/version.ts';
import { defaultLimits } from '../config/limit-settings.ts';
import { showSettings } from '../config/shown-settings.ts';
import { createStandingsOf } from '../core/limits/standing.ts';
import { createCancelTask } from '../core/commands/cancel-task.ts';
import { createRetryTask } from '../core/commands/retry-task.ts';
import type { RenderPicture } from '../core/pictures/renditions.ts';
import { createWaitForNews } from '../core/tasks/wait-for-news.ts';
import { createActingKey } from '../http/access/own-task.ts';
import type { Face } from '../http/app.ts';
import { createEventStreams } from '../http/connections/event-streams.ts';
import { eventsPath } from '../http/paths.ts';
import { adminAuditFace } from '../http/routes/admin/admin-audit.ts';
import { adminKeysFace } from '../http/routes/admin/admin-keys.ts';
import { adminOverviewFace } from '../http/routes/admin/admin-overview.ts';
import { adminOwnersFace } from '../http/routes/admin/admin-owners.ts';
import { adminSettingsFace } from '../http/routes/admin/admin-settings.ts';
import { adminUnreadAnswersFace } from '../http/routes/admin/admin-unread-answers.ts';
import { adminUpstreamsFace } from '../http/routes/admin/admin-upstreams.ts';
import { operatorTasksFace } from '../http/routes/admin/operator-tasks.ts';
import { healthFace } from '../http/routes/health.ts';
import { metricsFace } from '../http/routes/metrics.ts';
import { mcpFace } from '../http/routes/mcp.ts';
import { meFace } from '../http/routes/me.ts';
import { modelsFace } from '../http/routes/models.ts';
import { clientPackageFace } from '../http/routes/pages/client-package.ts';
import { consoleFace } from '../http/routes/pages/console.ts';
import { docsFace } from '../http/routes/pages/docs.ts';
import { sessionsFace } from '../http/routes/sessions/sessions.ts';
import { filesFace } from '../http/routes/pictures/files.ts';
import { taskPicturesFace } from '../http/routes/pictures/task-pictures.ts';
import { uploadsFace } from '../http/routes/pictures/uploads.ts';
import { batchesFace } from '../http/routes/tasks/batches.ts';
import { followingFace } from '../http/routes/tasks/following.ts';
import { statusQueriesFace } from '../http/routes/tasks/status-queries.ts';
import { submitsFace } from '../http/routes/tasks/submits.ts';
import { tasksFace } from '../http/routes/tasks/tasks.ts';
import { adminUsageFace } from '../http/routes/usage/admin-usage.ts';
import { usageFace } from '../http/routes/usage/own-usage.ts';
import { webhookDeliveriesFace } from '../http/routes/webhooks/webhook-deliveries.ts';
import { webhooksFace } from '../http/routes/webhooks/webhooks.ts';
import { createDecodeGate } from '../pictures/decoding.ts';
import { createRenditions } from '../pictures/renditions.ts';
import { lookAtDisk } from '../this-machine.ts';
import { foldersInUse } from './storage.ts';
import { longestBatchSeconds } from './submits.ts';

/** Where `npm start` puts the console. */
const consoleBuild = join(import.meta.dirname, '..', '..', '..', 'console', 'dist');
/** Where `npm start` puts the packed client. */
const clientPackage = join(import.meta.dirname, '..', '..', 'dist', 'client.tgz');
/** The reference for programs, which `node scripts/openapi.ts` writes. */
const openApiDocument = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'openapi.json');

export function buildFaces(shared: FaceParts): Face[] {
  const { config, parts } = shared;
  const render = createRenditions({
    store: parts.pictureStore,
    gate: createDecodeGate({ atOnce: 1 }),
    keepLabels: config.picture_metadata,
  });
  return [
    ...taskFaces(shared),
    ...clientFaces({ ...shared, render, linkTo: linksOf(parts) }),
    ...pictureFaces(shared, render),
    ...webhookFaces(shared),
    ...operatorFaces(shared),
    ...pageFaces(shared),
  ];
}

function taskFaces(shared: FaceParts): Face[] {
  const { config, parts, intake, serve, authorize, bodies, reader, waits, callerAddress, watch, followers } =
    shared;
  const { store, clock, emit, tracer, views, deleteTask, publicUrl, models } = parts;
  const linkTo = linksOf(parts);
  const actingKey = createActingKey(store.keyOfTask);
  const submits = { serve, authorize, bodies, callerAddress, ...intake };
  const cancel = buildCancel(parts);
  const waitForNews = createWaitForNews(watch);
  const streams = createEventStreams({ waits, emit, queue: followers });
  return [
    submitsFace({
      ...submits,
      eventsLink: (taskId) => linkTo(eventsPath(taskId), clock.now() / 1000 + parts.signer.lifetimeSeconds),
    }),
    statusQueriesFace({ serve, actingKey, authorize, reader, waitForNews, waits, bodies, callerAddress }),
    followingFace({ serve, actingKey, reader, store, views, watch, waitForNews, waits, streams }),
    tasksFace({
      ...submits,
      store,
      views,
      reader,
      actingKey,
      cancel,
      deleteTask,
      retryTask: createRetryTask(store),
      linkTo,
      clock,
    }),
    batchesFace({
      ...submits,
      limits: { ...submits.limits, maxDeadlineSeconds: longestBatchSeconds(config) },
      store,
      actingKey: createActingKey(store.keyOfBatch),
      cancel,
    }),
    usageFace({ serve, store, clock }),
    modelsFace({ serve, models, defaultModel: config.default_model, quote: intake.quote }),
    mcpFace({ serve, bodies, maxBodyBytes: config.max_body_bytes, publicUrl, emit, tracer }),
  ];
}

function pictureFaces({ config, parts, intake, serve, bodies }: FaceParts, render: RenderPicture): Face[] {
  const { store, pictureStore: pictures, clock } = parts;
  const { upload, findLinked: find } = intake;
  return [
    filesFace({ serve, find, pictures, render, redirect: config.s3_links === 'redirect', clock }),
    uploadsFace({
      serve,
      bodies,
      upload,
      store,
      linkTo: linksOf(parts),
      limits: uploadLimits(config),
      clock,
    }),
    taskPicturesFace({ serve, store, actingKey: createActingKey(store.keyOfTask), pictures, render }),
  ];
}

function webhookFaces({ config, parts, intake, serve }: FaceParts): Face[] {
  const { store, deliverer, clock } = parts;
  const webhooks = { serve, store, deliverer, clock };
  const testWaitMs = config.webhook_timeout_seconds * 1000 + 5_000;
  return [
    webhooksFace({ ...webhooks, checkUrl: intake.checkWebhookUrl, testWaitMs }),
    webhookDeliveriesFace(webhooks),
  ];
}

function operatorFaces({ config, parts, serve, forgetKeys, rates, scrape }: FaceParts): Face[] {
  const { store, clock, router, admission, sources, databaseBytes, nodes } = parts;
  const standingsOf = createStandingsOf({ store, defaults: defaultLimits(config), clock, rates });
  return [
    healthFace({ serve, admission }),
    metricsFace({ serve, scrape }),
    meFace({ serve, store, standingsOf, operatorSees: config.operator_sees }),
    adminKeysFace({
      serve,
      store,
      settings: { hasAdminKey: config.admin_key !== undefined },
      models: parts.models,
      standingsOf,
      clock,
      forgetKeys,
    }),
    adminOwnersFace({ serve, store, standingsOf, clock, forgetKeys }),
    adminOverviewFace({
      serve,
      store,
      disk: () => lookAtDisk(config, { folder: foldersInUse(config)[0] ?? '.', databaseBytes }),
      nodes: nodes.list,
      clock,
    }),
    adminSettingsFace({ serve, settings: showSettings({ config, sources }) }),
    adminUpstreamsFace({
      serve,
      store,
      router,
      counts: parts.callCounts,
      callsElsewhere: nodes.callsElsewhere,
    }),
    adminAuditFace({ serve, store }),
    operatorTasksFace({
      serve,
      store,
      sees: config.operator_sees,
      cancel: buildCancel(parts),
      deleteTask: parts.deleteTask,
      links: parts.links,
      linkTo: linksOf(parts),
      clock,
    }),
    adminUsageFace({ serve, store, clock }),
    adminUnreadAnswersFace({
      serve,
      store,
      sees: config.operator_sees,
      showText: config.unread_answer_text,
    }),
  ];
}

function pageFaces(shared: FaceParts): Face[] {
  const { config, parts, serve, publicPath, authorize, callerAddress, cookie, forgetKeys: forget } = shared;
  const { publicUrl, store, clock } = parts;
  const isOpen = config.auth === 'open';
  const pictureOrigins = () =>
    [publicUrl(), config.s3_endpoint].flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
  return [
    sessionsFace({ serve, store, authorize, callerAddress, cookie, isOpen, forget, clock }),
    docsFace({ serve, file: openApiDocument, publicUrl }),
    clientPackageFace({ file: clientPackage, version }),
    consoleFace({ serve, directory: consoleBuild, version, publicPath, pictureOrigins }),
  ];
}

function buildCancel({ store, views, clock, router, emit, charging }: AppParts) {
  return createCancelTask({ store, views, clock, router, emit, charging });
}

/** Gives the maker of links to paths that work until then (Unix seconds). */
function linksOf({ signer, publicUrl }: AppParts): (path: string, expiresAt: number) => string {
  return (path, expiresAt) => publicUrl() + signer.sign(path, expiresAt);
}

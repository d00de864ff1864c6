// Builds the intake of tasks and pictures.

import { gateOf } from './money.ts';
import type { AppParts } from './parts.ts';
import { traceEach, traceSubmits } from './traces/spans.ts';
import { buildQuote } from './upstreams.ts';
import type { Quote } from '../core/models/quote.ts';
import type { Config } from '../config/settings.ts';
import { createTellExhaustion } from '../core/alerts/tell-exhaustion.ts';
import type { Gate } from '../core/limits/judge-submit.ts';
import type { StoreInput } from '../core/pictures/inputs.ts';
import { createStoredBytes, type StoredBytes } from '../core/limits/stored-bytes.ts';
import { createLinkNameCheck } from '../core/submit/inside-name.ts';
import { createStoreLink } from '../core/submit/store-link.ts';
import { createDryRun, type DryRunSubmit } from '../core/submit/dry-run.ts';
import { createPrepareTasks, type PrepareParts, type PrepareTasks } from '../core/submit/prepare-tasks.ts';
import { createSubmit, type Submit } from '../core/submit/submit.ts';
import { createUpload, type Upload } from '../core/submit/upload.ts';
import { createUploadDocument, type UploadDocument } from '../core/submit/upload-document.ts';
import { type CheckWebhookUrl, createWebhookUrlCheck } from '../core/webhooks/webhook-url.ts';
import { createOwnLinks } from '../http/links/own-links.ts';
import type { SubmitParts } from '../http/submit/take-submit.ts';
import { createFindLinked, type FindLinked } from '../http/views/linked-pictures.ts';
import { parseAllowedHosts } from '../lib/addresses.ts';
import { uploadsFolder } from '../core/pictures/file-store.ts';
import { createStoreInput, storeAsInput } from '../pictures/store-input.ts';

export interface Intake {
  submit: Submit;
  dryRun: DryRunSubmit;
  upload: Upload;
  storedBytes: StoredBytes;
  uploadDocument: UploadDocument;
  limits: SubmitParts['limits'];
  findLinked: FindLinked;
  checkWebhookUrl: CheckWebhookUrl;
  quote: Quote;
}

export function buildIntake(config: Config, parts: AppParts): Intake {
  const { store, pictureStore, clock, signer, policy, fetch, disk, admission, publicUrl, views } = parts;
  const ports = linkPorts(config);
  const checkWebhookUrl = createWebhookUrlCheck(policy, ports);
  const storeInput = buildStoreInput(parts);
  const storeLink = createStoreLink({ fetch, storeInput, memoryBytes: 16 * config.max_picture_bytes });
  const findLinked = createFindLinked(store, clock);
  const ownLinks = { find: findLinked, verifyLink: signer.verify, publicUrl, clock };
  const resolveOwnLink = createOwnLinks({
    ...ownLinks,
    storeAsInput: (picture) => storeAsInput({ store: pictureStore }, picture),
  });
  const uploadsPlace = { store: pictureStore, folder: uploadsFolder };
  const resolveOwnUpload = createOwnLinks({
    ...ownLinks,
    storeAsInput: (picture) => storeAsInput(uploadsPlace, picture),
  });
  const storedBytes = createStoredBytes(store, clock);
  const quote = buildQuote(config);
  const prepareParts = {
    storeInput,
    resolveOwnLink,
    touchInput: (key: string) => pictureStore.touch(key),
    storeLink: config.fetch_inputs === 'accept' ? storeLink : null,
    checkLinkName: createLinkNameCheck({ policy, ports }),
    admission,
    storedBytes,
    quote,
    clock,
  };
  const gate = gateOf(config);
  const submit = buildSubmit(config, parts, { prepareParts, gate });
  const uploadParts = { store, disk, storedBytes, clock };
  const upload = createUpload({
    ...uploadParts,
    storeInput: buildStoreInput(parts, uploadsFolder),
    resolveOwnLink: resolveOwnUpload,
    storeLink,
  });
  const uploadDocument = createUploadDocument({ ...uploadParts, pictures: pictureStore });
  const limits = { ...submissionLimits(config), models: parts.models, checkWebhookUrl };
  const dryRun = createDryRun({ prepare: buildDryPrepare(config, parts, prepareParts), store, gate, views });
  return {
    submit,
    dryRun,
    upload,
    uploadDocument,
    storedBytes,
    limits,
    findLinked,
    checkWebhookUrl,
    quote,
  };
}

function buildStoreInput({ pictureStore, inspect, tracer }: AppParts, folder?: string): StoreInput {
  const place = { store: pictureStore, ...(folder === undefined ? {} : { folder }) };
  return traceEach(tracer, 'store input', createStoreInput({ ...place, inspect }));
}

function buildSubmit(
  config: Config,
  { store, clock, emit, deliverer, tracer }: AppParts,
  { prepareParts, gate }: { prepareParts: PrepareParts; gate: Gate },
): Submit {
  const submit = createSubmit({
    prepare: createPrepareTasks(prepareParts),
    store,
    gate,
    clock,
    emit,
    answerRetentionMs: config.idempotency_lifetime_seconds * 1000,
    onRefused: createTellExhaustion({ store, clock, emit, onTold: deliverer.wake }),
  });
  return traceSubmits(tracer, submit);
}

/** Builds the preparation of a submit that stores no inputs: they are checked, and what is stored already is only looked for. */
function buildDryPrepare(
  config: Config,
  { pictureStore, signer, fetch, inspect, publicUrl, store, clock }: AppParts,
  prepareParts: PrepareParts,
): PrepareTasks {
  const isThere = async (key: string) => (await pictureStore.size(key)) !== null;
  const unstored = { ...pictureStore, touch: isThere, put: async () => {} };
  const storeInput = createStoreInput({ store: unstored, inspect });
  const resolveOwnLink = createOwnLinks({
    find: createFindLinked(store, clock),
    verifyLink: signer.verify,
    publicUrl,
    storeAsInput: (picture) => storeAsInput({ store: unstored }, picture),
    clock,
  });
  const storeLink = createStoreLink({ fetch, storeInput, memoryBytes: 16 * config.max_picture_bytes });
  return createPrepareTasks({
    ...prepareParts,
    storeInput,
    resolveOwnLink,
    touchInput: isThere,
    storeLink: config.fetch_inputs === 'accept' ? storeLink : null,
  });
}

function submissionLimits(config: Config) {
  return {
    defaultModel: config.default_model,
    promptMaxCharacters: config.prompt_max_characters,
    maxPictureBytes: config.max_picture_bytes,
    maxBodyBytes: config.max_body_bytes,
    defaultDeadlineSeconds: config.deadline_seconds,
    maxDeadlineSeconds: config.max_deadline_seconds,
    maxPictureLifetimeSeconds: config.max_picture_lifetime_seconds,
  };
}

/** Longest deadline of a task of a batch, which may wait for long behind the others of it, in seconds. */
export const longestBatchSeconds = (config: Config): number =>
  Math.max(config.max_deadline_seconds, config.max_batch_deadline_seconds);

/** Ports that are allowed for names in URLs. */
function linkPorts(config: Config): Set<number> {
  const { hosts } = parseAllowedHosts(config.allowed_private_hosts);
  return new Set([...config.link_ports, ...hosts.flatMap(({ port }) => port ?? [])]);
}

// Builds the intake of tasks and pictures.

import { gateOf } from './money.ts';
import type { AppParts } from './parts.ts';
import { buildQuote } from './upstreams.ts';
import type { Config } from '../config/settings.ts';
import { createStoredBytes } from '../core/limits/stored-bytes.ts';
import { createLinkNameCheck } from '../core/submit/inside-name.ts';
import { createStoreLink } from '../core/submit/store-link.ts';
import { createSubmit, type Submit } from '../core/submit/submit.ts';
import { createUpload, type Upload } from '../core/submit/upload.ts';
import { type CheckWebhookUrl, createWebhookUrlCheck } from '../core/webhooks/webhook-url.ts';
import { createOwnLinks } from '../http/links/own-links.ts';
import type { SubmitParts } from '../http/submit/take-submit.ts';
import { createFindLinked, type FindLinked } from '../http/views/linked-pictures.ts';
import { parseAllowedHosts } from '../lib/addresses.ts';
import { createStoreInput, storeAsInput } from '../pictures/store-input.ts';

export interface Intake {
  submit: Submit;
  upload: Upload;
  limits: SubmitParts['limits'];
  findLinked: FindLinked;
  checkWebhookUrl: CheckWebhookUrl;
}

export function buildIntake(config: Config, parts: AppParts): Intake {
  const { store, pictureStore, clock, signer, policy, fetch, inspect, disk, admission, publicUrl } = parts;
  const ports = linkPorts(config);
  const checkWebhookUrl = createWebhookUrlCheck(policy, ports);
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
  const storedBytes = createStoredBytes(store, clock);
  const submit = createSubmit({
    store,
    storeInput,
    resolveOwnLink,
    touchInput: (key) => pictureStore.touch(key),
    storeLink: config.fetch_inputs === 'accept' ? storeLink : null,
    checkLinkName: createLinkNameCheck({ policy, ports }),
    admission,
    storedBytes,
    gate: gateOf(config),
    quote: buildQuote(config),
    clock,
    answerRetentionMs: config.idempotency_lifetime_seconds * 1000,
  });
  const upload = createUpload({
    store,
    storeInput,
    resolveOwnLink,
    storeLink,
    disk,
    storedBytes,
    clock,
  });
  const limits = { ...submissionLimits(config), models: parts.models, checkWebhookUrl };
  return { submit, upload, limits, findLinked, checkWebhookUrl };
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

/** Ports that are allowed for names in URLs. */
function linkPorts(config: Config): Set<number> {
  const { hosts } = parseAllowedHosts(config.allowed_private_hosts);
  return new Set([...config.link_ports, ...hosts.flatMap(({ port }) => port ?? [])]);
}

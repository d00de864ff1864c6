// Settings of upstreams: their keys, their routes and prices, and what follows an answer that can’t be used.

import type { Setting } from './setting.ts';
import {
  hideKeys,
  priceEntries,
  routeEntries,
  upstreamEntries,
  type UpstreamEntry,
} from './upstream-settings.ts';
import { keyPool, trueOrFalse, webAddress, wholeNumber } from './value-types.ts';

const days = 24 * 3600;
const mebibyte = 2 ** 20;

export const upstreamTable = {
  sandbox_duration_ms: {
    schema: wholeNumber(0, 3_600_000),
    default: 4_000,
    about: 'How long the sandbox takes for a picture.',
  },
  gemini_api_key: {
    schema: keyPool,
    variable: 'GEMINI_API_KEY',
    secret: true,
    about: 'A key, or several, of the Gemini API: makes the upstream `gemini`.',
  },
  gemini_base_url: {
    schema: webAddress,
    variable: 'GEMINI_BASE_URL',
    about: 'Where the upstream `gemini` is reached. Default: Google.',
  },
  openai_api_key: {
    schema: keyPool,
    variable: 'OPENAI_API_KEY',
    secret: true,
    about: 'A key, or several, of the OpenAI API: makes the upstream `openai`.',
  },
  openai_base_url: {
    schema: webAddress,
    variable: 'OPENAI_BASE_URL',
    about:
      'Where the upstream `openai` is reached, its version included: `http://localai:8080/v1`. Makes that upstream without a key too. Default: OpenAI.',
  },
  nano_banana_api_key: {
    schema: keyPool,
    variable: 'NANO_BANANA_API_KEY',
    secret: true,
    about:
      'A key, or several, of a nano-banana task API: with the address, it makes the upstream `nano-banana`.',
  },
  nano_banana_base_url: {
    schema: webAddress,
    variable: 'NANO_BANANA_BASE_URL',
    about: 'Where the upstream `nano-banana` is reached: another Plantain, or another server of that API.',
  },
  fal_key: {
    schema: keyPool,
    variable: 'FAL_KEY',
    secret: true,
    about: 'A key, or several, of fal: makes the upstream `fal`.',
  },
  replicate_api_token: {
    schema: keyPool,
    variable: 'REPLICATE_API_TOKEN',
    secret: true,
    about: 'A token, or several, of Replicate: makes the upstream `replicate`.',
  },
  upstreams: {
    schema: upstreamEntries,
    default: {},
    variable: '',
    shown: (entries: Readonly<Record<string, UpstreamEntry>>) => hideKeys(entries),
    about: 'Where pictures are made, with keys and limits; [upstreams](upstreams/README.md) has the members.',
  },
  routes: {
    schema: routeEntries,
    default: {},
    variable: '',
    about:
      'Which upstreams serve a model, and in which order; [upstreams](upstreams/README.md) has the members.',
  },
  prices: {
    schema: priceEntries,
    default: {},
    variable: '',
    about:
      'What models cost at an upstream, over the shipped prices; [upstreams](upstreams/README.md) has the members.',
  },
  unknown_retries: {
    schema: wholeNumber(0, 10),
    default: 1,
    about:
      'Retries after a call whose outcome is unknown, because it broke off after it was sent. Each may be billed again.',
  },
  unread_answer_retries: {
    schema: wholeNumber(0, 10),
    default: 0,
    about:
      'How often a task is tried again whose upstream gave a whole answer that can’t be used, or pictures that can’t be fetched. Such a call was most likely paid for already.',
  },
  unread_answer_bytes: {
    schema: wholeNumber(0, mebibyte),
    default: 65_536,
    about:
      'How much text of such an answer is kept for the operator, without keys and the prompt; 0 keeps no answers.',
  },
  unread_answer_text: {
    schema: trueOrFalse,
    default: false,
    about:
      'Whether the operator is shown that text. Otherwise only what came: status, headers, length, hash, and the names and types of members.',
  },
  operation_patience_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 300,
    about:
      'How long polling an upstream operation, or fetching its finished pictures, may keep failing before the task fails.',
  },
} as const satisfies Record<string, Setting>;

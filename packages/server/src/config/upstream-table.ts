// Settings of upstreams: their keys, their routes and prices, and what follows an answer that can’t be used.

import type { Setting } from './setting.ts';
import {
  hideKeys,
  priceEntries,
  routeEntries,
  upstreamEntries,
  type UpstreamEntry,
} from './upstream-settings.ts';
import { keyPool, oneOf, trueOrFalse, webAddress, wholeNumber } from './value-types.ts';

const days = 24 * 3600;
const mebibyte = 2 ** 20;

/** Settings of keys and addresses have the variables that other programs of their kind read. */
const keysIn = (variable: string, about: string) =>
  ({ schema: keyPool, variable, secret: true, about }) as const;
const addressIn = (variable: string, about: string) => ({ schema: webAddress, variable, about }) as const;

export const upstreamTable = {
  sandbox_duration_ms: {
    schema: wholeNumber(0, 3_600_000),
    default: 4_000,
    about: 'Milliseconds that the sandbox takes for a picture.',
  },
  gemini_api_key: keysIn(
    'GEMINI_API_KEY',
    'Key of the Gemini API, or several; creates the upstream `gemini`.',
  ),
  gemini_base_url: addressIn('GEMINI_BASE_URL', 'Address of the upstream `gemini`. Default: Google’s.'),
  openai_api_key: keysIn(
    'OPENAI_API_KEY',
    'Key of the OpenAI API, or several; creates the upstream `openai`.',
  ),
  openai_base_url: addressIn(
    'OPENAI_BASE_URL',
    'Address of the upstream `openai`, including the version: `http://localai:8080/v1`. Creates that upstream without a key too. Default: OpenAI’s.',
  ),
  nano_banana_api_key: keysIn(
    'NANO_BANANA_API_KEY',
    'Key of a nano-banana task API, or several; creates the upstream `nano-banana` where its address is set too.',
  ),
  nano_banana_base_url: addressIn(
    'NANO_BANANA_BASE_URL',
    'Address of the upstream `nano-banana`: another Plantain, or another server of that API.',
  ),
  fal_key: keysIn('FAL_KEY', 'Key of fal, or several; creates the upstream `fal`.'),
  replicate_api_token: keysIn(
    'REPLICATE_API_TOKEN',
    'Token of Replicate, or several; creates the upstream `replicate`.',
  ),
  upstreams: {
    schema: upstreamEntries,
    default: {},
    variable: '',
    shown: (entries: Readonly<Record<string, UpstreamEntry>>) => hideKeys(entries),
    about:
      'Upstreams that make pictures, with keys and limits; [upstreams](upstreams/README.md) has the members.',
  },
  routes: {
    schema: routeEntries,
    default: {},
    variable: '',
    about: 'Upstreams that serve a model, and their order; [upstreams](upstreams/README.md) has the members.',
  },
  prices: {
    schema: priceEntries,
    default: {},
    variable: '',
    about:
      'Prices of models at an upstream, which override the shipped ones; [upstreams](upstreams/README.md) has the members.',
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
      'Retries after a whole answer of an upstream that could not be used, or whose pictures could not be fetched. Each is most likely billed again.',
  },
  not_as_asked: {
    schema: oneOf('warn', 'next_upstream'),
    default: 'warn',
    about:
      'Consequence of a picture of another ratio or size than was asked for, or one that is black or transparent all over: a warning of the task (`warn`), or also a call to the next upstream of the route, if that has room at this moment (`next_upstream`). Each such call is billed.',
  },
  unread_answer_bytes: {
    schema: wholeNumber(0, mebibyte),
    default: 65_536,
    about:
      'Bytes of text that are stored of an answer that could not be used, without keys and the prompt; 0 stores no such answers.',
  },
  unread_answer_text: {
    schema: trueOrFalse,
    default: false,
    about:
      'Shows the operator the stored text of answers that could not be used. Otherwise only status, headers, length, hash, and the names and types of members are shown. Of tasks of other keys operator_sees decides first.',
  },
  operation_patience_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 300,
    about:
      'Seconds for which polling an upstream operation, or fetching its finished pictures, may keep failing before the task fails.',
  },
} as const satisfies Record<string, Setting>;

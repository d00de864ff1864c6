// Harness that an adapter's tests lend to the suites that every adapter passes: a loopback server that speaks the real wire of its
// upstream, and that wire's own words for what can go wrong.

import type { Upstream } from '../core/upstreams/upstream.ts';
import type { FetchPublic } from './results/download.ts';
import type { Reply, Seen } from './loopback.fixture.ts';

/** The kinds of requests an adapter makes: for the picture, after an operation, for the bytes behind a link. */
export type Step = 'start' | 'poll' | 'download';

export interface CreateOptions {
  /** Instead of the key that the server takes. */
  key?: string;
  timeoutMs?: number;
  maxAnswerBytes?: number;
  /** Default: one that refuses, as a guarded fetch refuses loopback. Nothing to an adapter that gets no links. */
  fetchPublic?: FetchPublic;
}

export const refuseToFetch: FetchPublic = () => Promise.reject(new Error('not a public address'));

export interface OpenHarness {
  /** An adapter that calls this loopback server with `key`. */
  create(options?: CreateOptions): Upstream;
  /** The credential that `create` gives to the adapter; the server refuses any other. */
  key: string;
  /** A link of this server to a picture; `undefined` where pictures come inside the answer. */
  ownLink?: string;
  /** A model that the server knows. */
  model: string;
  /** From now on requests of this step get this answer, or the usual one again. */
  answer(step: Step, reply: Reply | null): void;
  /** The requests of this step so far. */
  seen(step: Step): Seen[];
  close(): Promise<void>;
}

/** Refusals of an upstream. `null` where its wire has no word for one. */
export interface Refusals {
  'rate limit with a delay': Reply;
  'rate limit without a delay': Reply;
  'daily quota used up': Reply | null;
  /** As Gemini says it of a model that needs a paid plan: 429 with a limit of nothing, and a delay all the same. */
  'no quota at all': Reply | null;
  'no credit': Reply | null;
  /** A limit that the account's owner set, with the status of a rate limit. */
  'spending cap': Reply | null;
  'key refused': Reply;
  'key without the right': Reply;
  /** As Gemini says it: 400, not 401. */
  'key refused by a 400': Reply | null;
  'content refused': Reply;
  'bad request': Reply;
  'model unknown': Reply;
  'internal error': Reply;
  overloaded: Reply;
}

export interface UpstreamHarness {
  /** Of the adapter, such as `gemini`. */
  name: string;
  open(): Promise<OpenHarness>;
  /** Answers to the step in which this upstream refuses. */
  refusals: Refusals;
  /** Step that the refusals answer; `start` where nothing is said. */
  refusesAt?: Partial<Record<keyof Refusals, Step>>;
  /** Answers of status 200 that promise a picture and hold none, by what they are; they answer the last step before a download. */
  withoutPicture: Record<string, Reply>;
  /**
   * Answers that hold the picture, or this link to it, in another form than the documented one, by what is odd in them; they answer
   * the last step before a download.
   */
  otherForms(link: string): Record<string, Reply>;
  /** The answer that holds these links to pictures, to the last step before a download; where pictures come by links. */
  withLinks?(links: string[]): Reply;
  /** The answer with this text where the base64 of a picture stands; where pictures come inside. */
  withBase64?(text: string): Reply;
}

// The calls of an adapter whose upstream works by itself: one credential, one origin, and a short time for every question
// but the one that starts an operation.

import { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import { createSystemClock } from '../lib/clock.ts';
import { lastEvent } from './answers/answer-json.ts';
import { createDownload } from './results/download.ts';
import type { Download, FetchPublic } from './results/download.ts';
import { endpoint } from './endpoint.ts';
import { errorWords } from './failures/error-words.ts';
import { asMeant } from './answers/meant-answer.ts';
import { createTransport } from './transport.ts';
import type { Answer, Call, Transport } from './transport.ts';

const problem = z.object({
  title: z.unknown().optional(),
  detail: z.unknown().optional(),
  status: z.unknown().optional(),
});

const askingTimeoutMs = 30_000;
const startTimeoutMs = 120_000;

export interface ApiOptions {
  /** Path and query are kept. */
  baseUrl?: string | undefined;
  /** Fetches pictures whose links lead to another origin than the base URL's. */
  fetchPublic: FetchPublic;
  /** How long sending a request may take, input pictures and all; default 120,000. */
  timeoutMs?: number | undefined;
  /** The largest answer, and the largest picture, that is read; defaults of the transport and of downloads. */
  maxAnswerBytes?: number | undefined;
  /** Given when several upstreams share one, or to close it; without it the upstream has its own, whose idle connections end by themselves. */
  transport?: Transport | undefined;
  clock?: Clock | undefined;
}

/** Facts of a call that the reading of its answer needs. */
export interface Reading {
  /** Unix milliseconds. */
  now: number;
  /** Never appear in a failure. */
  secrets: readonly string[];
  /** Whether the call was the one that starts an operation, which alone may be charged for. */
  billable: boolean;
}

/** An answer with the address that gave it, to which its links may be relative. */
export interface AskedAnswer extends Answer {
  asked: URL;
}

export interface ApiCalls {
  /** `path`: segments below the base URL. Throws as `Transport.send` and `endpoint` do. */
  call(
    method: 'GET' | 'POST' | 'PUT',
    path: readonly string[],
    more: Pick<Call, 'signal'> & Partial<Call>,
  ): Promise<AskedAnswer>;
  /** For the answer to a call that is not billable, unless told so. */
  reading(prompt: string, billable?: boolean): Reading;
  download: Download;
  /** Maximum time of a call that sends pictures. */
  timeoutMs: number;
}

/** `upstream`: its name as people write it; `keys` never appear in a failure. Throws `TypeError` when the base URL is none. */
export function createApiCalls({
  upstream,
  baseUrl,
  authorization,
  keys,
  fetchPublic,
  timeoutMs = startTimeoutMs,
  downloadTimeoutMs,
  maxAnswerBytes,
  transport = createTransport(),
  clock = createSystemClock(),
}: ApiOptions & {
  upstream: string;
  baseUrl: string;
  /** The value of the header; empty for none. */
  authorization: string;
  /** Default that of downloads. */
  downloadTimeoutMs?: number;
  keys: readonly string[];
}): ApiCalls {
  return {
    async call(method, path, more) {
      const asked = endpoint(baseUrl, ...path);
      const answer = await transport.send({
        upstream,
        url: asked,
        method,
        ...(authorization === '' ? {} : { headers: { authorization } }),
        timeoutMs: askingTimeoutMs,
        maxAnswerBytes,
        ...more,
      });
      return { ...answer, asked };
    },
    reading: (prompt, billable = false) => ({ now: clock.now(), secrets: [...keys, prompt], billable }),
    download: createDownload({
      upstream,
      baseUrl,
      transport,
      fetchPublic,
      timeoutMs: downloadTimeoutMs,
      maxAnswerBytes,
    }),
    timeoutMs,
  };
}

/**
 * As `asMeant` for APIs whose errors may be `{title, detail, status}` (RFC 9457), or a `detail` alone; the body stays as it is.
 */
export function asMeantProblem<Any extends Answer>(answer: Any): Any {
  const { title, detail, status } = problem.safeParse(lastEvent(answer.json)).data ?? {};
  const message = errorWords(detail);
  const body = message === '' ? answer.json : { error: { message, code: title, status } };
  return { ...answer, status: asMeant({ ...answer, json: body }).status };
}

// Reads the envelope that every answer of the task API comes in. Some servers say that they refuse with the HTTP status, some
// with `code` inside an HTTP 200, and something in front of them may answer with a page of HTML: both are looked at.

import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Answer } from '../transport.ts';

/** An answer, as far as its envelope says. */
export interface TaskReply {
  /** 200, or the status of the failure, wherever it stood; 400 for a `code` that is no HTTP status. */
  status: number;
  headers: IncomingHttpHeaders;
  /** Whether it is an envelope at all. */
  recognised: boolean;
  /** The sentence for people, else `""`. */
  message: string;
  /** `error.type`, which only a Plantain gives. */
  errorType: string | undefined;
  /** The members of the request that are at fault, as a Plantain names them. */
  faultPaths: string[];
  data: unknown;
}

const text = z.string().optional().catch(undefined);
const wholeNumber = z
  .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
  .optional()
  .catch(undefined);
const envelope = z.object({
  code: wholeNumber,
  msg: text,
  data: z.unknown(),
  error: z
    .object({
      type: text,
      message: text,
      details: z
        .array(z.object({ path: text }).catch({}))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

export function readReply({ status, headers, json }: Pick<Answer, 'status' | 'headers' | 'json'>): TaskReply {
  const { code, msg, data, error } = envelope.safeParse(json).data ?? {};
  return {
    status: meantStatus(status, code),
    headers,
    recognised: code !== undefined || error !== undefined,
    message: error?.message ?? msg ?? '',
    errorType: error?.type,
    faultPaths: (error?.details ?? []).map(({ path }) => path).filter((path) => path !== undefined),
    data,
  };
}

function meantStatus(status: number, code: number | undefined): number {
  if (code !== undefined && code >= 400 && code < 600) return code;
  if (status < 200 || status >= 300) return status;
  // 0 is how other APIs with such an envelope say success.
  return code === undefined || code === 200 || code === 0 ? 200 : 400;
}

const accepted = z.object({
  // It becomes a segment of a path.
  task_id: z.string().regex(/^\w[\w.:~-]{0,199}$/),
  warnings: z.array(z.string()).optional().catch(undefined),
  poll_after_seconds: z.number().max(86_400).optional().catch(undefined),
});

/** `data` of an accepted submit; `undefined` when it names no task. */
export function readAccepted(data: unknown): z.infer<typeof accepted> | undefined {
  return accepted.safeParse(data).data;
}

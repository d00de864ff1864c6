// Fetches a finished picture from the link that an upstream gave. Links on the upstream's own origin are called directly,
// since a self-hosted one is often inside the network; all others only through a fetch that refuses inside addresses.
// The credential goes with neither.

import { TaskError } from '../core/errors.ts';
import { parseDataUri } from '../lib/data-uri.ts';
import { safeText } from '../lib/safe-text.ts';
import type { Transport } from './transport.ts';

/** Fetches over http or https from public addresses only; throws `TaskError` for whatever goes wrong. */
export type FetchPublic = (url: string, signal: AbortSignal) => Promise<{ bytes: Uint8Array }>;

/**
 * The bytes behind a link, which may be a `data:` URI. Throws `TaskError` (`upstream_unavailable`), never billable: the
 * picture is there, only fetching it failed. Not retryable where it would fail in the same way again, as for a picture over
 * the limit. When the signal aborts, rejects with its reason.
 */
export type Download = (link: string, signal: AbortSignal) => Promise<Uint8Array>;

/** Of a DNS name (RFC 1035). */
const longestHost = 253;
/** How long one picture may take. */
const defaultTimeoutMs = 120_000;

export function createDownload({
  upstream,
  baseUrl,
  transport,
  fetchPublic,
  timeoutMs = defaultTimeoutMs,
  maxAnswerBytes = 256 * 2 ** 20,
}: {
  /** The upstream's name as people write it. */
  upstream: string;
  baseUrl: string;
  transport: Transport;
  fetchPublic: FetchPublic;
  timeoutMs?: number | undefined;
  maxAnswerBytes?: number | undefined;
}): Download {
  const { origin } = new URL(baseUrl);

  async function fetchOwn(url: URL, signal: AbortSignal): Promise<Uint8Array> {
    const { status, bytes } = await transport.send({
      upstream,
      url,
      method: 'GET',
      signal,
      timeoutMs,
      maxAnswerBytes,
      binary: true,
    });
    if (status !== 200) throw new Error(`status ${status}`);
    return bytes;
  }

  return async (link, signal) => {
    const inline = /^\s*data:/i.test(link);
    const url = inline ? null : URL.parse(link);
    try {
      if (inline) return readDataUri(link, maxAnswerBytes);
      if (url === null) throw lasting('not a complete URL');
      if (url.origin === origin) return await fetchOwn(url, signal);
      return (await fetchPublic(link, signal)).bytes;
    } catch (error) {
      signal.throwIfAborted();
      throw unfetched(upstream, url, error);
    }
  };
}

function readDataUri(link: string, maxBytes: number): Uint8Array {
  const bytes = parseDataUri(link, maxBytes);
  if (typeof bytes === 'string') throw lasting(bytes);
  return bytes;
}

/** A fault of the link itself. */
function lasting(message: string): TaskError {
  return new TaskError({ type: 'upstream_unavailable', message, retryable: false });
}

function unfetched(upstream: string, url: URL | null, cause: unknown): TaskError {
  const reason = cause instanceof Error ? safeText(cause.message, [], 200) : 'no reason given';
  return new TaskError(
    {
      type: 'upstream_unavailable',
      message: `${upstream} made the picture, but it could not be fetched from ${safeText(url?.host ?? '', [], longestHost) || 'its link'}: ${reason}`,
      retryable: cause instanceof TaskError ? cause.failure.retryable : true,
      upstreamReason: 'picture not fetched',
    },
    { cause },
  );
}

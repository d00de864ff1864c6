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
 * The bytes behind a link, which may be a `data:` URI, or relative to the address that was `asked` (default: the base URL). Throws
 * `TaskError` (`upstream_unavailable`, answered): the picture is there, only fetching it failed. Not retryable where it would fail
 * in the same way again, as for a picture over the limit. When the signal aborts, rejects with its reason.
 */
export type Download = (link: string, signal: AbortSignal, asked?: URL) => Promise<Uint8Array>;

/** Far more than any link has that somebody signed, and little enough to be kept with a task. */
const longestLink = 8_192;

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
  const base = new URL(baseUrl);

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

  return async (link, signal, asked = base) => {
    let url: URL | null = null;
    try {
      if (/^\s*data:/i.test(link)) return readDataUri(link, maxAnswerBytes);
      url = resolveLink(link, asked);
      if (url.origin === base.origin) return await fetchOwn(url, signal);
      return (await fetchPublic(url.href, signal)).bytes;
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

/**
 * The address that a link leads to, resolved against the one that was asked as browsers do it. Throws `TaskError` (never retryable)
 * for what is no link.
 */
export function resolveLink(link: string, asked: URL): URL {
  const trimmed = link.trim();
  if (trimmed.length > longestLink) throw lasting(`its link has more than ${longestLink} characters`);
  // A sentence would count as a relative link.
  const url = /\s/.test(trimmed) ? null : URL.parse(trimmed, asked);
  if (url === null || trimmed === '' || !/^https?:$/.test(url.protocol))
    throw lasting('not a link to a picture');
  url.hash = '';
  return url;
}

/** A fault of the link itself. */
function lasting(message: string): TaskError {
  return new TaskError({ type: 'upstream_unavailable', message, retryable: false });
}

/** The failure of a picture that was made. `url` is `null` where its link could not be read. */
export function unfetched(upstream: string, url: URL | null, cause: unknown): TaskError {
  const reason = cause instanceof Error ? safeText(cause.message, [], 200) : 'no reason given';
  return new TaskError(
    {
      type: 'upstream_unavailable',
      message: `${upstream} made the picture, but it could not be fetched from ${safeText(url?.host ?? '', [], longestHost) || 'its link'}: ${reason}`,
      retryable: cause instanceof TaskError ? cause.failure.retryable : true,
      upstreamReason: 'picture not fetched',
      answered: true,
    },
    { cause },
  );
}

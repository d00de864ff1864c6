// Fetches a finished picture from the link that an upstream gave. What is on the upstream's own origin is called directly,
// since a self-hosted one is often inside the network; all else only through a fetch that refuses inside addresses. Redirects are
// followed between both, each judged anew. The credential goes with none.

import { TaskError } from '../../core/errors.ts';
import { isDataUri, parseDataUri, pictureStart } from '../../lib/data-uri.ts';
import { readLocation } from '../../lib/location.ts';
import { safeText } from '../../lib/safe-text.ts';
import { pictureBytes, pictureFile } from './inline-picture.ts';
import { isOk } from '../transport.ts';
import type { Transport } from '../transport.ts';

/**
 * Makes one request over http or https, to public addresses only: the bytes of a success, or else the status and where it
 * redirects to. Throws `TaskError` where no answer came.
 */
export type FetchPublic = (
  url: string,
  signal: AbortSignal,
) => Promise<{ bytes: Uint8Array } | { status: number; location: string | undefined }>;

/**
 * The bytes behind a link, which may be a `data:` URI, or relative to the address that was `asked` (default: the base URL). Throws
 * `TaskError` (`upstream_unavailable`, answered): the picture is there, only fetching it failed. Not retryable where it would fail
 * in the same way again, as for a picture over the limit. When the signal aborts, rejects with its reason.
 */
export type Download = (link: string, signal: AbortSignal, asked?: URL) => Promise<Uint8Array>;

/** Far more than any link has that somebody signed, and little enough to be kept with a task. */
const maxLinkLength = 8_192;

const maxReasonLength = 300;
/** Of a DNS name (RFC 1035). */
const maxHostLength = 253;
/** A link of a Plantain to its bucket has one, those of file hosts two or three. */
const maxRedirects = 5;
/** Of a picture behind a link that is written as base64. */
const maxTextLength = 32 * 2 ** 20;
/** How long one request may take. */
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

  const fetchOwn: FetchPublic = async (url, signal) => {
    const call = { upstream, url: new URL(url), method: 'GET', signal, timeoutMs, maxAnswerBytes } as const;
    const answer = await transport.send({ ...call, binary: true, mayRedirect: true });
    const { status, headers, bytes } = answer;
    // 202: it is still being made.
    const { location } = headers;
    return isOk(answer) && status !== 202
      ? { bytes }
      : { status, location: location === undefined ? undefined : readLocation(location) };
  };

  // From https to http too: a link may be http from the start, and nothing secret goes along.
  async function follow(link: URL, signal: AbortSignal): Promise<Uint8Array> {
    let url = link;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const fetchHop = url.origin === base.origin ? fetchOwn : fetchPublic;
      const answer = await fetchHop(url.href, signal);
      // Files are served while they are still being written.
      if ('bytes' in answer && answer.bytes.length === 0) throw new Error('an empty file');
      if ('bytes' in answer) return fromText(answer.bytes) ?? answer.bytes;
      const { status, location } = answer;
      if (status === 410) throw permanent('status 410, it is gone for good');
      if (status < 300 || status > 399 || location === undefined) throw new Error(`status ${status}`);
      url = resolveLink(location, url);
    }
    throw permanent(`it redirects more than ${maxRedirects} times`);
  }

  return async (link, signal, asked = base) => {
    let url: URL | null = null;
    try {
      if (isDataUri(link)) return readDataUri(link, maxAnswerBytes);
      url = resolveLink(link, asked);
      return await follow(url, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw unfetched(upstream, url, error);
    }
  };
}

/** The picture of which the bytes are base64, perhaps with `data:` before it; `undefined` where they are anything else. */
function fromText(bytes: Uint8Array): Uint8Array | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = all.toString('latin1', 0, 100).trimStart();
  if (all.length > maxTextLength || !(pictureStart.test(start) || isDataUri(start))) return undefined;
  return pictureBytes(all.toString('latin1').trim()) ?? undefined;
}

function readDataUri(link: string, maxBytes: number): Uint8Array {
  const bytes = parseDataUri(link, maxBytes);
  if (typeof bytes === 'string') throw permanent(bytes);
  return bytes;
}

/**
 * The address that a link leads to, resolved against the one that was asked as browsers do it. Throws `TaskError` (never retryable)
 * for what is no link.
 */
export function resolveLink(link: string, asked: URL): URL {
  // Some are written for a page of HTML.
  const trimmed = link.trim().replaceAll('&amp;', '&');
  if (trimmed.length > maxLinkLength) throw permanent(`its link has more than ${maxLinkLength} characters`);
  // A sentence would count as a relative link; names of files may have blanks.
  const isSentence =
    /\s/.test(trimmed) && !/^(?:https?:\/\/|\/)/i.test(trimmed) && !pictureFile.test(trimmed);
  const url = isSentence ? null : URL.parse(trimmed, asked);
  if (url === null || trimmed === '' || !/^https?:$/.test(url.protocol))
    throw permanent('not a link to a picture');
  url.hash = '';
  return url;
}

/** A fault of the link itself. */
function permanent(message: string): TaskError {
  return new TaskError({ type: 'upstream_unavailable', message, retryable: false });
}

/** The failure of a picture that was made. `url` is `null` where its link could not be read. */
export function unfetched(upstream: string, url: URL | null, cause: unknown): TaskError {
  const reason = cause instanceof Error ? safeText(cause.message, [], maxReasonLength) : 'no reason given';
  return new TaskError(
    {
      type: 'upstream_unavailable',
      message: `${upstream} made the picture, but it could not be fetched from ${safeText(url?.host ?? '', [], maxHostLength) || 'its link'}: ${reason}`,
      retryable: !isPermanent(cause),
      upstreamReason: 'picture not fetched',
      answered: true,
    },
    { cause },
  );
}

/** Whether this server itself refused. What the network said, down to there being no such host, may pass. */
function isPermanent(cause: unknown): boolean {
  return cause instanceof TaskError && !cause.failure.retryable && cause.cause === undefined;
}

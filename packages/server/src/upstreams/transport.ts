// The one way in which upstreams are called over HTTP: a deadline and a signal bound the whole call, the answer is
// read up to a size, unpacked and parsed, redirects are never followed, and every failure of the network becomes a TaskError.
// It speaks undici's dispatch interface because that alone tells when writing begins: before it, nothing can have been billed.

import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, FormData } from 'undici';
import { TaskError } from '../core/errors.ts';
import { createProxies } from '../lib/network/proxies.ts';
import type { Proxies } from '../lib/network/proxies.ts';
import { createReceivedBytes } from '../lib/received-bytes.ts';
import type { ReceivedBytes } from '../lib/received-bytes.ts';
import { UnpackedTooLargeError } from '../lib/unpack.ts';
import { createAgents, usualTunnelMs } from './agents.ts';
import { beginsAsPicture } from './results/inline-picture.ts';
import { jsonBody } from './answers/json-body.ts';
import { createLiveEvents } from './answers/live-events.ts';
import type { LiveEvents, WantedEvents } from './answers/live-events.ts';
import { createAnswerOpener } from './answers/open-answer.ts';
import type { AnswerOpener } from './answers/open-answer.ts';
import { broken, inTooManyPieces, redirected, timedOut, tooLarge } from './failures/call-failures.ts';

/** 160 MiB: several 4K pictures in base64. */
const defaultMaxAnswerBytes = 160 * 1024 * 1024;

export interface Call {
  /** The upstream's name as people write it, such as `Gemini`; it stands in the messages of failures. */
  upstream: string;
  url: URL;
  /** Default `POST`. */
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Whether the upstream may charge for this request itself, as for the one that makes the picture. Default: as `POST`, unlike all else. */
  billable?: boolean;
  /** `content-type` is set from the body. */
  headers?: Record<string, string>;
  /** The form must be undici's own `FormData`: its dispatcher refuses the one that Node has as a global. */
  body?: { json: unknown } | { form: FormData };
  /** When it aborts, the call is torn down and rejects with the signal's reason. */
  signal: AbortSignal;
  /** For everything from connecting to the last byte of the answer. */
  timeoutMs: number;
  /** Of what comes, and of what it unpacks to. Default `defaultMaxAnswerBytes`. */
  maxAnswerBytes?: number | undefined;
  /** Whether a picture is expected, and not JSON. */
  binary?: boolean;
  /** Whether a redirect is an answer like any other. Otherwise it is a failure, since to follow it would carry the key elsewhere. */
  mayRedirect?: boolean;
  /** Events to be told of while the answer comes, where it is a success and a stream of events. The answer is the same without. */
  events?: WantedEvents;
}

/** An answer of any status, but that of a redirect only where the call says so. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Unpacked. */
  bytes: Buffer;
  /**
   * JSON that the bytes say; `undefined` when they are none, and on a binary call. Where the answer is long, its long texts are the
   * bytes of the pictures that they hold (`inline-picture.ts`). Of an answer that is nothing but a picture, its bytes.
   */
  json: unknown;
}

export interface Transport {
  /**
   * Sends one request and reads the whole answer. Throws `TaskError`: `upstream_unavailable` for a failure of the
   * network, a time-out or an oversized answer, `upstream_bad_request` for a redirect. On a billable call `maybeBilled`
   * and, where no complete answer came, `unknownOutcome` are set as soon as the request had begun to leave.
   */
  send(call: Call): Promise<Answer>;
  /** Closes every connection; calls still under way fail. */
  close(): Promise<void>;
}

export function isOk({ status }: Pick<Answer, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** For the end of a stream whose answer is whole: most end at once, and their connection can be used again. */
const usualAfterWholeMs = 1_000;

/**
 * Calls go through the proxy that `proxies` has for their URL; without, directly. `tunnelMs`: what a proxy may take to answer. `afterWholeMs`:
 * how long to wait for the end of a stream whose events have made the answer whole.
 */
export function createTransport({
  proxies = createProxies({}),
  tunnelMs = usualTunnelMs,
  afterWholeMs = usualAfterWholeMs,
}: { proxies?: Proxies; tunnelMs?: number; afterWholeMs?: number } = {}): Transport {
  const agents = createAgents(proxies, tunnelMs);
  const opener = createAnswerOpener();
  return {
    async send(call) {
      call.signal.throwIfAborted();
      const answer = await exchangeLive(agents.of(call.url), call, { opener, afterWholeMs });
      if (answer.status >= 300 && answer.status < 400 && call.mayRedirect !== true)
        throw new TaskError(redirected(call, answer.status));
      const { bytes, json } = await open(opener, answer, call);
      if (answer.fault !== undefined && !isWhole(bytes, json)) throw answer.fault;
      return { status: answer.status, headers: answer.headers, bytes, json };
    },
    async close() {
      await agents.close();
      await opener.close();
    },
  };
}

async function open(opener: AnswerOpener, { headers, received }: RawAnswer, call: Call) {
  const { maxAnswerBytes: maxBytes = defaultMaxAnswerBytes, binary: isBinary = false, signal } = call;
  const contentEncoding = headers['content-encoding'];
  try {
    const opened = await opener.open(
      { blocks: received.blocks(), contentEncoding, maxBytes, isBinary },
      signal,
    );
    const { buffer, byteOffset, length } = opened.bytes;
    const bytes = Buffer.from(buffer, byteOffset, length);
    return { bytes, json: opened.json ?? (!isBinary && beginsAsPicture(bytes) ? bytes : undefined) };
  } catch (error) {
    if (error instanceof UnpackedTooLargeError) throw new TaskError(tooLarge(call, maxBytes));
    throw error;
  }
}

async function openEvent(
  opener: AnswerOpener,
  blocks: Uint8Array<ArrayBuffer>[],
  { signal, events }: Call,
): Promise<unknown> {
  const maxBytes = events?.maxEventBytes ?? 0;
  return (await opener.open({ blocks, contentEncoding: undefined, maxBytes, isBinary: false }, signal)).json;
}

interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  received: ReceivedBytes;
  /** Where the connection broke, or the time was over, before the answer had ended. */
  fault?: TaskError;
}

/**
 * Whether the bytes are all of an answer although it never ended: a server may well promise more bytes than it has, and the value is
 * there. Of anything but one value of JSON nobody can tell.
 */
function isWhole(bytes: Buffer, json: unknown): boolean {
  const [first, last] = [bytes.toString('latin1', 0, 100), bytes.toString('latin1', bytes.length - 100)];
  return Array.isArray(json)
    ? /^\s*\[/.test(first) && /\]\s*$/.test(last)
    : json !== undefined && /^\s*\{/.test(first) && /\}\s*$/.test(last);
}

/** Tells of the events that the call wants, all of them before the answer. */
async function exchangeLive(
  dispatcher: Dispatcher,
  call: Call,
  { opener, afterWholeMs }: { opener: AnswerOpener; afterWholeMs: number },
): Promise<RawAnswer> {
  if (call.events === undefined) return await exchange(dispatcher, call);
  const whole = Promise.withResolvers<void>();
  const live = createLiveEvents((blocks) => openEvent(opener, blocks, call), call.events, whole.resolve);
  try {
    const { fault, ...answer } = await exchange(dispatcher, call, {
      live,
      whole: whole.promise,
      afterWholeMs,
    });
    await live.settled();
    return fault === undefined || live.isWhole() ? answer : { ...answer, fault };
  } finally {
    live.stop();
  }
}

/** Events of the answer that are read while it comes, with what is to happen when they have made it whole. */
interface LiveReading {
  live: LiveEvents;
  whole: Promise<void>;
  afterWholeMs: number;
}

/** Starts the time-out, which comes early, and is no fault, once the answer is whole. Returns the function that stops it. */
function startTimeout(
  onTimeout: () => void,
  timeoutMs: number,
  reading: LiveReading | undefined,
): () => void {
  let timer = setTimeout(onTimeout, timeoutMs);
  let isOver = false;
  const bringForward = (afterMs: number) => {
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(onTimeout, afterMs);
  };
  void reading?.whole.then(() => bringForward(reading.afterWholeMs));
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

function exchange(dispatcher: Dispatcher, call: Call, reading?: LiveReading): Promise<RawAnswer> {
  const { signal, timeoutMs, maxAnswerBytes = defaultMaxAnswerBytes } = call;
  const options = toDispatch(call);
  return new Promise<RawAnswer>((resolve, reject) => {
    const received = createReceivedBytes({ maxBytes: maxAnswerBytes });
    const answer: RawAnswer = { status: 0, headers: {}, received };
    let sent = false;
    let stopped: Error | undefined;
    let controller: Dispatcher.DispatchController | undefined;

    // Rejects at once: while a connection is being made undici has nothing to abort and would keep the caller waiting.
    const stop = (reason: Error) => {
      stopped = reason;
      release();
      reject(reason);
      controller?.abort(reason);
    };
    // Bytes that have come may be all of the answer.
    const fail = (fault: TaskError) => {
      if (call.binary !== true && received.size > 0) resolve({ ...answer, fault });
      stop(fault);
    };
    const onAbort = () => stop(signal.reason as Error);
    const stopTimer = startTimeout(() => fail(new TaskError(timedOut(call, sent))), timeoutMs, reading);
    const release = () => {
      stopTimer();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });

    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        sent = true;
        if (stopped !== undefined) started.abort(stopped);
      },
      onResponseStart(_controller, status, headers) {
        answer.status = status;
        answer.headers = headers;
      },
      onResponseData(_controller, chunk) {
        if (stopped !== undefined) return;
        const fault = received.add(chunk);
        if (fault === 'too large') stop(new TaskError(tooLarge(call, maxAnswerBytes)));
        else if (fault !== undefined) stop(new TaskError(inTooManyPieces(call)));
        else reading?.live.add(chunk, answer);
      },
      onResponseEnd() {
        release();
        resolve(answer);
      },
      onResponseError(_controller, cause) {
        if (stopped === undefined) fail(new TaskError(broken(call, cause, sent), { cause }));
      },
    });
  });
}

/**
 * Limits of undici's own, 300 s each, would win over the deadline of a slow 4K picture. They are of each request, as those of an agent do not reach
 * what it hands to a proxy (lib/dispatcher/proxy-agent.js).
 */
const withoutLimits = { headersTimeout: 0, bodyTimeout: 0 } as const;

function toDispatch({ url, method = 'POST', headers, body }: Call): Dispatcher.DispatchOptions {
  // Pictures in base64 gain little by being packed, and cost both sides time.
  const sent = { 'accept-encoding': 'identity', ...headers };
  const { origin, pathname, search } = url;
  const path = `${pathname}${search}`;
  const options = { ...withoutLimits, origin, path, method, headers: sent };
  if (body === undefined) return options;
  if ('form' in body) return { ...options, body: body.form };
  const { body: text, length } = jsonBody(body.json);
  const described = { 'content-type': 'application/json', 'content-length': String(length) };
  // undici takes anything that gives pieces one by one (lib/core/request.js), though its types do not say so.
  return { ...options, headers: { ...sent, ...described }, body: text as string };
}

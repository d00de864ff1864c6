// Port for traces: one trace follows a task from its submit over the queue, its calls and its pictures to its webhooks, on whichever
// servers these happen. A span that begins while another one goes on is a part of it. Attributes never hold a prompt, a key or a link.

import { RequestError, TaskError } from './errors.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Name of a span for others, as the headers that carry it (https://www.w3.org/TR/trace-context-1/). */
export interface TraceContext {
  /** Of version 00 where it is made here. */
  traceparent: string;
  /** Words of other tracers, as they came with the client's `traceparent`. */
  tracestate?: string;
}

export interface SpanStart {
  name: string;
  /** Default: `internal`. */
  kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Span that it is a part of, or `null` for the first of a trace; default: the one that goes on. One that is not valid is none. */
  parent?: TraceContext | null;
  /** Unix milliseconds; default: now. */
  startedAt?: number;
  attributes?: SpanAttributes;
}

export interface Span {
  readonly context: TraceContext;
  note(attributes: SpanAttributes): void;
  /** Marks the span as failed. `type` is one of a closed list of words. */
  fail(type: string): void;
  /** Calls a function, so that what it begins is a part of the span. */
  during<T>(work: () => T): T;
  /** `at` in Unix milliseconds; default: now. */
  end(at?: number): void;
}

/** Call to an upstream, as its span describes it. */
export interface TracedCall {
  upstream: string;
  upstreamModel: string;
  /** Pictures that it is for. */
  count: number;
  seed?: number | undefined;
}

export interface Tracer {
  begin(start: SpanStart): Span;
  /** Calls a function in the trace of another's span, or in none: what it begins is a part of that. */
  within<T>(context: TraceContext | null, work: () => T): T;
  /** Span that goes on here; `undefined` where none does. */
  current(): TraceContext | undefined;
  /** Name and attributes of a call to an upstream, by the conventions that were chosen. */
  describeCall(call: TracedCall): Pick<SpanStart, 'name' | 'attributes'>;
  /** Attributes of an answer, whose `usage` is in tokens by kind. */
  describeAnswer(answer: {
    pictures: number;
    usage: Readonly<Record<string, number>> | undefined;
  }): SpanAttributes;
}

/** Context with what a caller sent; `null` without a `traceparent`, as a `tracestate` alone says nothing. */
export function traceContext(traceparent: unknown, tracestate: unknown): TraceContext | null {
  if (typeof traceparent !== 'string') return null;
  return typeof tracestate === 'string' ? { traceparent, tracestate } : { traceparent };
}

/** Does work within a span, which ends with it, as failed where it rejects. */
export async function trace<T>(
  tracer: Tracer,
  start: SpanStart,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer.begin(start);
  try {
    return await span.during(() => work(span));
  } catch (error) {
    span.fail(failureType(error));
    throw error;
  } finally {
    span.end();
  }
}

function failureType(error: unknown): string {
  if (error instanceof TaskError) return error.failure.type;
  if (error instanceof RequestError) return error.type;
  return error instanceof Error ? error.name : 'unknown';
}

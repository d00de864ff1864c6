// Spans around what other parts do. Without a tracer nothing is put around anything.

import type { Emit } from '../../core/events.ts';
import type { Submit } from '../../core/submit/submit.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import { trace, traceContext, type Tracer } from '../../core/tracer.ts';
import type { WebhookPost } from '../../core/webhooks/webhook-post.ts';
import type { Transport } from '../../upstreams/transport.ts';
import type { TraceDelivery } from '../../webhooks/calls.ts';

/** Puts a span around each call of a function that has something to do. */
export function traceEach<Arguments extends readonly unknown[], Result>(
  tracer: Tracer | undefined,
  name: string,
  work: (...given: Arguments) => Promise<Result>,
  hasWork: (...given: Arguments) => boolean = () => true,
): (...given: Arguments) => Promise<Result> {
  if (tracer === undefined) return work;
  return (...given) => (hasWork(...given) ? trace(tracer, { name }, () => work(...given)) : work(...given));
}

/** Stores with each task the span of its submit, which all that follows is a part of, on whichever server. */
export function traceSubmits(tracer: Tracer | undefined, submit: Submit): Submit {
  if (tracer === undefined) return submit;
  return (caller, submissions, answer, options) => {
    const [first] = submissions;
    const attributes = { 'plantain.tasks': submissions.length, 'plantain.model': first?.model ?? '' };
    return trace(tracer, { name: 'submit', kind: 'producer', attributes }, ({ context }) =>
      submit(
        caller,
        submissions.map((submission) => ({ ...submission, ...context })),
        answer,
        options,
      ),
    );
  };
}

/** Sends the span that goes on with each request to an upstream. */
export function traceTransport(tracer: Tracer | undefined, transport: Transport): Transport {
  if (tracer === undefined) return transport;
  return {
    ...transport,
    send: (call) => transport.send({ ...call, headers: withParent(tracer, call.headers) }),
  };
}

/**
 * Gives the ids of the span that goes on to each event of a task, a request or a delivery, as members of its line in the log
 * (https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/). Of all else nobody knows in whose span it was begun.
 */
export function tellSpans(tracer: Tracer | undefined, emit: Emit): Emit {
  if (tracer === undefined) return emit;
  return (name, fields) => {
    const isOfOne =
      'task' in fields || 'requestId' in fields || 'delivery' in fields || name === 'mcp_failed';
    const context = isOfOne ? tracer.current() : undefined;
    const [, traceId, spanId] = context?.traceparent.split('-') ?? [];
    emit(name, traceId === undefined ? fields : { ...fields, trace_id: traceId, span_id: spanId });
  };
}

/** Sends the span that goes on with each webhook. */
export function tracePosts(tracer: Tracer | undefined, post: WebhookPost): WebhookPost {
  if (tracer === undefined) return post;
  return (url, { headers, body }, signal) =>
    post(url, { headers: withParent(tracer, headers), body }, signal);
}

/** Makes attempts of deliveries parts of the trace of their task, and has what is told of them be said within it. */
export function traceDeliveries(tracer: Tracer, { find }: Pick<TaskReads, 'find'>): TraceDelivery {
  return async (delivery, attempt, conclude) => {
    const { id, taskId, event } = delivery;
    const task = taskId === null ? null : await find(taskId);
    const start = {
      name: `webhook ${event}`,
      kind: 'client',
      parent: traceContext(task?.request.traceparent, task?.request.tracestate),
      attributes: {
        'plantain.delivery': id,
        ...(taskId === null ? {} : { 'plantain.task': taskId }),
      },
    } as const;
    const [record, span] = await trace(tracer, start, async (begun) => {
      const made = await attempt();
      const { status } = made.attempt;
      if (status !== null) begun.note({ 'http.response.status_code': status });
      if (made.next.state !== 'delivered') begun.fail(status === null ? 'no_answer' : String(status));
      return [made, begun] as const;
    });
    await span.during(() => conclude(record));
  };
}

function withParent(
  tracer: Tracer,
  headers: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  return { ...headers, ...tracer.current() };
}

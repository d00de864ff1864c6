// Spans around what other parts do. Without a tracer nothing is put around anything.

import type { Submit } from '../../core/submit/submit.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import { trace, type Tracer } from '../../core/tracer.ts';
import type { WebhookPost } from '../../core/webhooks/webhook-post.ts';
import type { AttemptRecord, WebhookDelivery } from '../../core/webhooks/webhook-store.ts';
import type { Transport } from '../../upstreams/transport.ts';

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
    return trace(tracer, { name: 'submit', kind: 'producer', attributes }, ({ traceparent }) =>
      submit(
        caller,
        submissions.map((submission) => ({ ...submission, traceparent })),
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

/** Sends the span that goes on with each webhook. */
export function tracePosts(tracer: Tracer | undefined, post: WebhookPost): WebhookPost {
  if (tracer === undefined) return post;
  return (url, { headers, body }, signal) =>
    post(url, { headers: withParent(tracer, headers), body }, signal);
}

export type TraceDelivery = (
  delivery: WebhookDelivery,
  attempt: () => Promise<AttemptRecord>,
) => Promise<AttemptRecord>;

/** Makes attempts of deliveries parts of the trace of their task. */
export function traceDeliveries(tracer: Tracer, { find }: Pick<TaskReads, 'find'>): TraceDelivery {
  return async (delivery, attempt) => {
    const { id, taskId, event } = delivery;
    const task = taskId === null ? null : await find(taskId);
    const start = {
      name: `webhook ${event}`,
      kind: 'client',
      parent: task?.request.traceparent ?? null,
      attributes: {
        'plantain.delivery': id,
        ...(taskId === null ? {} : { 'plantain.task': taskId }),
      },
    } as const;
    return trace(tracer, start, async (span) => {
      const record = await attempt();
      const { status } = record.attempt;
      if (status !== null) span.note({ 'http.response.status_code': status });
      if (record.next.state !== 'delivered') span.fail(status === null ? 'no_answer' : String(status));
      return record;
    });
  };
}

function withParent(
  tracer: Tracer,
  headers: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const traceparent = tracer.current();
  return { ...headers, ...(traceparent === undefined ? {} : { traceparent }) };
}

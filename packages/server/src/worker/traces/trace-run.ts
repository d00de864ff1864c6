// Spans of a run and of its calls. Both are parts of the submit's span, which the task names, whichever server took it in.

import type { Slot } from '../../core/upstreams/router.ts';
import { countOf } from '../../core/tasks/task.ts';
import { trace, traceContext, type Tracer } from '../../core/tracer.ts';
import type { CallRun } from '../call-run.ts';
import type { EndedAs } from '../end-task.ts';
import type { Outcome } from '../run.ts';

/** Does the work of a run within its span; before it lies one for the time in which the task waited. */
export function traceRun(
  tracer: Tracer | undefined,
  { task }: Pick<CallRun, 'task'>,
  startedAt: number,
  work: () => Promise<EndedAs>,
): Promise<EndedAs> {
  if (tracer === undefined) return work();
  const attributes = { 'plantain.task': task.id, 'plantain.model': task.model };
  const submitted = traceContext(task.request.traceparent, task.request.tracestate);
  const waited = tracer.begin({
    name: 'wait in queue',
    parent: submitted,
    startedAt: Math.min(task.dueAt, startedAt),
    attributes,
  });
  waited.end(startedAt);
  // A task from before there were traces has its first span here.
  const parent = submitted ?? waited.context;
  return trace(
    tracer,
    { name: 'run task', kind: 'consumer', parent, startedAt, attributes },
    async (span) => {
      const end = await work();
      span.note({ 'plantain.end': end });
      if (end === 'error') span.fail(end);
      return end;
    },
  );
}

/** Makes one call within its span. */
export function traceCall(
  tracer: Tracer | undefined,
  run: CallRun,
  { upstreamName: upstream, upstreamModel }: Slot,
  call: () => Promise<Outcome>,
): Promise<Outcome> {
  if (tracer === undefined) return call();
  const { request } = run.task;
  const count = run.indices?.length ?? countOf(request);
  const described = tracer.describeCall({ upstream, upstreamModel, count, seed: request.seed });
  return trace(tracer, { ...described, kind: 'client' }, async (span) => {
    const outcome = await call();
    if (run.attempt !== null) span.note({ 'plantain.attempt': run.attempt.number });
    if (outcome.kind === 'answer') {
      const { pictures, usage } = outcome.answer;
      span.note(tracer.describeAnswer({ pictures: pictures.length, usage }));
    } else if (outcome.kind === 'failed') span.fail(outcome.failure.type);
    else span.note({ 'plantain.end': outcome.kind });
    return outcome;
  });
}

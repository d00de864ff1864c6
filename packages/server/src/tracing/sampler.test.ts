import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { chooseSampler } from './sampler.ts';

const traceId = 'ffffffffffffffffffffffffffffffff';

/** Whether a trace without a parent is recorded. */
function isSampled(name: string | undefined, argument?: string): boolean {
  const sampler = chooseSampler(name, argument);
  const { decision } = sampler.shouldSample(ROOT_CONTEXT, traceId, 'x', SpanKind.INTERNAL, {}, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

test('traces are sampled as the standard variables say, and all of them where these say nothing of use', () => {
  for (const all of [undefined, 'always_on', 'parentbased_always_on', 'unknown'])
    expect(isSampled(all), all).toBe(true);
  for (const none of ['always_off', 'parentbased_always_off']) expect(isSampled(none), none).toBe(false);
  for (const name of ['traceidratio', 'parentbased_traceidratio']) {
    expect(isSampled(name, '0')).toBe(false);
    for (const unusable of [undefined, '', '2', 'x']) expect(isSampled(name, unusable), unusable).toBe(true);
  }
});

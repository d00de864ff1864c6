// Opens the tracer where the settings want traces; the code for them is loaded only then.

import { version } from '../../cli/version.ts';
import type { Config } from '../../config/settings.ts';
import type { Emit } from '../../core/events.ts';
import type { Tracer } from '../../core/tracer.ts';

/** How often lost spans are told of, at the most. */
const toldEveryMs = 60_000;

/** Opens the tracer; `undefined` where the settings, or OTEL_SDK_DISABLED, want none. What is left is sent when `lifetime` ends. */
export async function openTracer(
  config: Config,
  lifetime: AsyncDisposableStack,
  emit: Emit,
): Promise<Tracer | undefined> {
  if (!config.traces || process.env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const { createOtlpTracer } = await import('../../tracing/otlp-tracer.ts');
  let toldAt = Number.NEGATIVE_INFINITY;
  let lost = 0;
  let reason = '';
  const tell = () => {
    if (lost === 0) return;
    toldAt = performance.now();
    emit('traces_lost', { spans: lost, error: reason });
    lost = 0;
  };
  const tracer = createOtlpTracer({
    environment: process.env,
    version,
    kinds: new Map(config.resolved.upstreams.map(({ name, kind }) => [name, kind])),
    onLost(spans, error) {
      lost += spans;
      reason = error;
      if (performance.now() - toldAt >= toldEveryMs) tell();
    },
  });
  return lifetime.adopt(tracer, async (opened) => {
    await opened.close();
    tell();
  });
}

// Opens the tracer where the settings want traces; the code for them is loaded only then.

import { version } from '../../cli/version.ts';
import type { Config } from '../../config/settings.ts';
import type { Emit } from '../../core/events.ts';
import type { Tracer } from '../../core/tracer.ts';
import { errorName } from '../../lib/error-name.ts';

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
  const tracer = createOtlpTracer({
    environment: process.env,
    version,
    kinds: new Map(config.resolved.upstreams.map(({ name, kind }) => [name, kind])),
    onLost(spans, error) {
      if (performance.now() - toldAt < toldEveryMs) return;
      toldAt = performance.now();
      emit('traces_lost', { spans, error: errorName(error) });
    },
  });
  return lifetime.adopt(tracer, (opened) => opened.close());
}

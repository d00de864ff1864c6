// Traces by OpenTelemetry, sent by OTLP over HTTP. This module and the libraries are loaded only where traces are on. Nothing of the
// library is global here: a process may have several servers, each with its own.

import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Span as OtelSpan,
  trace as api,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, TraceContext, Tracer } from '../core/tracer.ts';
import { chooseConventions } from './call-attributes.ts';
import { chooseSampler } from './sampler.ts';
import { createSpanBatches, type OnLost, readBounds } from './span-batches.ts';
import { readTraceState } from './trace-state.ts';

export interface OtlpTracer extends Tracer {
  /** Sends what is left, for some seconds at the most; what is left then is lost. */
  close(): Promise<void>;
}

export interface OtlpOptions {
  /** `OTEL_*` variables that decide here; the exporter reads its own from the environment of the process. */
  environment: Readonly<Record<string, string | undefined>>;
  version: string;
  /** Kind of each upstream, by its name in the settings. */
  kinds: ReadonlyMap<string, string>;
  onLost: OnLost;
}

/** How long a stop waits for a receiver that does not answer. */
const maxCloseMs = 5_000;

const kindOf = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

export function createOtlpTracer({ environment, version, kinds, onLost }: OtlpOptions): OtlpTracer {
  const batches = createSpanBatches(new OTLPTraceExporter(), readBounds(environment), onLost);
  const provider = new TracerProvider({
    resource: describeService(version),
    sampler: chooseSampler(environment['OTEL_TRACES_SAMPLER'], environment['OTEL_TRACES_SAMPLER_ARG']),
    spanProcessors: [batches],
  });
  const tracer = provider.getTracer('plantain', version);
  const going = new AsyncLocalStorage<Context>();
  return {
    begin({ name, kind = 'internal', parent, startedAt, attributes }) {
      const within = parent === undefined ? (going.getStore() ?? ROOT_CONTEXT) : contextOf(parent);
      const begun = tracer.startSpan(
        name,
        {
          kind: kindOf[kind],
          ...(startedAt === undefined ? {} : { startTime: startedAt }),
          ...(attributes === undefined ? {} : { attributes }),
        },
        within,
      );
      const context = api.setSpan(within, begun);
      return toSpan(begun, (work) => going.run(context, work));
    },
    current() {
      const span = api.getSpan(going.getStore() ?? ROOT_CONTEXT);
      return span === undefined ? undefined : describe(span);
    },
    within: (context, work) => going.run(contextOf(context), work),
    ...chooseConventions(environment['OTEL_SEMCONV_STABILITY_OPT_IN'], kinds),
    async close() {
      const closing = provider.shutdown().catch(() => {});
      await Promise.race([closing, delay(maxCloseMs, undefined, { ref: false })]);
      batches.giveUp();
    },
  };
}

function toSpan(span: OtelSpan, during: Span['during']): Span {
  return {
    context: describe(span),
    note: (attributes) => void span.setAttributes(attributes),
    fail(type) {
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    during,
    end: (at) => span.end(at),
  };
}

/** A parent that is not valid is none. */
function contextOf(given: TraceContext | null): Context {
  const parent = given === null ? null : parseTraceParent(given.traceparent);
  if (parent === null) return ROOT_CONTEXT;
  const traceState = readTraceState(given?.tracestate);
  return api.setSpanContext(ROOT_CONTEXT, {
    ...parent,
    isRemote: true,
    ...(traceState === undefined ? {} : { traceState }),
  });
}

function describe(span: OtelSpan): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  return traceState === undefined ? { traceparent } : { traceparent, tracestate: traceState.serialize() };
}

/** The variables OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have their way. */
function describeService(version: string): Resource {
  const named = resourceFromAttributes({ 'service.name': 'plantain', 'service.version': version });
  return defaultResource()
    .merge(named)
    .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] }));
}

// Batches of spans on their way to the receiver, within a bound: while that is slow or away, spans are dropped, counted, and told of.

import { TraceFlags } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** Told of spans that were dropped, and why, in words that hold nothing of the receiver's. */
export type OnLost = (spans: number, reason: string) => void;

/** Variables that bound the batches (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor). */
const bounds = {
  scheduledDelayMillis: ['OTEL_BSP_SCHEDULE_DELAY', 5_000, 600_000],
  exportTimeoutMillis: ['OTEL_BSP_EXPORT_TIMEOUT', 30_000, 600_000],
  maxQueueSize: ['OTEL_BSP_MAX_QUEUE_SIZE', 2_048, 1_000_000],
  maxExportBatchSize: ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, 100_000],
} as const;

type Bounds = Record<keyof typeof bounds, number>;

/** Reads the bounds. An unusable value is one that was left out. */
export function readBounds(environment: Readonly<Record<string, string | undefined>>): Bounds {
  const read = Object.entries(bounds).map(([name, [variable, usual, most]]) => {
    const value = Number(environment[variable] ?? '');
    return [name, Number.isInteger(value) && value >= 1 && value <= most ? value : usual];
  });
  const found = Object.fromEntries(read) as Bounds;
  return { ...found, maxExportBatchSize: Math.min(found.maxExportBatchSize, found.maxQueueSize) };
}

export interface SpanBatches extends SpanProcessor {
  /** Tells of all spans that were not sent yet as lost. Nothing is told of them afterwards. */
  giveUp(): void;
}

export function createSpanBatches(exporter: SpanExporter, limits: Bounds, onLost: OnLost): SpanBatches {
  /** Spans that the library holds and has not handed to the exporter: it drops what is beyond `maxQueueSize`, and tells nobody. */
  let waiting = 0;
  /** Spans that the exporter has, and sends again and again where the receiver does not take them. */
  let underWay = 0;
  let isGivenUp = false;
  const counted: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      underWay += spans.length;
      exporter.export(spans, (result) => {
        underWay -= spans.length;
        if (!isGivenUp && result.code !== ExportResultCode.SUCCESS)
          onLost(spans.length, reasonOf(result.error));
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
  const batches = new BatchSpanProcessor({ ...limits, exporter: counted });
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (waiting >= limits.maxQueueSize) return onLost(1, 'too many wait to be sent');
      waiting += 1;
      batches.onEnd(span);
    },
    shutdown: () => batches.shutdown(),
    forceFlush: () => batches.forceFlush(),
    giveUp() {
      const left = waiting + underWay;
      isGivenUp = true;
      if (left > 0) onLost(left, 'the server stopped before they were sent');
    },
  };
}

/** Says why an export failed, by the words of the libraries (npm @opentelemetry/otlp-exporter-base 0.301.0). */
export function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'unknown';
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return `answered with ${code}`;
  if (typeof code === 'string') return code;
  if (error.message === 'Request timed out') return 'no answer in time';
  return error.name === 'OTLPExporterError' ? 'the receiver asked to be called later' : error.name;
}

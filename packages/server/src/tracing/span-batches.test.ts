import { ExportResultCode } from '@opentelemetry/core';
import { type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';
import { createSpanBatches, readBounds } from './span-batches.ts';

const bounds = readBounds({ OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4' });

/** Ends spans while the receiver answers none of the exports; gives those, and what was lost. */
function endSpans(count: number) {
  const exports: { spans: number; done: Parameters<SpanExporter['export']>[1] }[] = [];
  const lost: [number, string][] = [];
  const exporter: SpanExporter = {
    export: (spans, done) => void exports.push({ spans: spans.length, done }),
    shutdown: async () => {},
  };
  const batches = createSpanBatches(exporter, bounds, (spans, reason) => void lost.push([spans, reason]));
  const tracer = new TracerProvider({ spanProcessors: [batches] }).getTracer('test');
  for (let index = 0; index < count; index += 1) tracer.startSpan('a span').end();
  return { batches, exports, lost };
}

test('while a receiver does not answer, one batch is with it, the queue is filled, and each span beyond is told of as lost', () => {
  const { exports, lost } = endSpans(4 + 10 + 3);
  expect(exports.map(({ spans }) => spans)).toEqual([4]);
  expect(lost).toEqual(Array.from({ length: 3 }, () => [1, 'too many wait to be sent']));
});

test('an export that fails is told of with its spans, and the next one begins', async () => {
  const { exports, lost } = endSpans(8);
  const error = Object.assign(new Error('connect http://secret@host'), { code: 'ECONNREFUSED' });
  exports[0]?.done({ code: ExportResultCode.FAILED, error });
  expect(lost).toEqual([[4, 'ECONNREFUSED']]);
  await expect.poll(() => exports.length).toBe(2);
});

test('spans that are with the receiver or wait when all is given up are told of as lost, once', () => {
  const { batches, exports, lost } = endSpans(4 + 3);
  batches.giveUp();
  expect(lost).toEqual([[7, 'the server stopped before they were sent']]);
  exports[0]?.done({ code: ExportResultCode.FAILED });
  expect(lost).toHaveLength(1);
});

test('where all spans were sent none is given up', () => {
  const { batches, exports, lost } = endSpans(4);
  exports[0]?.done({ code: ExportResultCode.SUCCESS });
  batches.giveUp();
  expect(lost).toEqual([]);
});

test('unusable bounds are those of the specification, and a batch is no larger than the queue', () => {
  const usual = readBounds({});
  expect(usual).toMatchObject({ maxQueueSize: 2_048, maxExportBatchSize: 512 });
  expect(readBounds({ OTEL_BSP_MAX_QUEUE_SIZE: '-1', OTEL_BSP_SCHEDULE_DELAY: 'soon' })).toEqual(usual);
  expect(readBounds({ OTEL_BSP_MAX_QUEUE_SIZE: '100' }).maxExportBatchSize).toBe(100);
});

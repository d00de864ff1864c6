// A request without spans to the receiver of traces, by the variables that the exporter reads from the environment of the process.

import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { reasonOf } from './span-batches.ts';

/** Short: who waits is a person. */
const patienceMs = 5_000;

/** Gives `null` where the receiver takes it, else why not, in words that hold nothing of the receiver's. */
export async function tryReceiver(): Promise<string | null> {
  const exporter = new OTLPTraceExporter({ timeoutMillis: patienceMs });
  try {
    return await new Promise((resolve) => {
      exporter.export([], ({ code, error }) =>
        resolve(code === ExportResultCode.SUCCESS ? null : reasonOf(error)),
      );
    });
  } finally {
    await exporter.shutdown();
  }
}

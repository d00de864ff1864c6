// The receiver of traces, which is sent a request without spans.

import type { Config } from '../../config/settings.ts';
import { advice, fault, fine, type Finding } from './finding.ts';

/** Variables that say where traces go, the one that counts first (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
const addresses = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];
const protocols = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];

export async function checkTraces(
  { traces }: Pick<Config, 'traces'>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Finding[]> {
  if (!traces) return [];
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true')
    return [
      advice(
        'traces',
        'the setting is on, and OTEL_SDK_DISABLED switches them off',
        'Take one of the two out.',
      ),
    ];
  const [address, given] = firstOf(addresses, environment) ?? [null, 'http://localhost:4318'];
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol))
    return [
      fault(
        'traces',
        `${address} is no http or https URL, so traces don’t go where it says`,
        `Set ${address} to that of the receiver, such as http://collector:4318.`,
      ),
    ];
  const found: Finding[] = [];
  const [name, protocol] = firstOf(protocols, environment) ?? [null, 'http/json'];
  if (protocol !== 'http/json')
    found.push(
      advice(
        'traces',
        `they are sent as http/json, whatever ${name} says`,
        `Give the receiver’s address for OTLP over HTTP, usually with the port 4318, and take ${name} out.`,
      ),
    );
  const { tryReceiver } = await import('../../tracing/try-receiver.ts');
  const reason = await tryReceiver();
  found.push(
    reason === null
      ? fine('traces', `the receiver at ${url.host} takes them`)
      : fault(
          'traces',
          `the receiver at ${url.host} takes none: ${reason}`,
          `See that it runs and takes OTLP over HTTP, and that ${address ?? addresses[1]} and OTEL_EXPORTER_OTLP_HEADERS are right.`,
        ),
  );
  return found;
}

function firstOf(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): [name: string, value: string] | undefined {
  return names
    .map((name): [string, string] => [name, environment[name]?.trim() ?? ''])
    .find(([, value]) => value !== '');
}

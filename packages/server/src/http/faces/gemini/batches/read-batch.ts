// Reads what a client says of a batch beside its requests.

import type { Fault } from '../../../../core/errors.ts';
import type { Fields } from '../../../body/body-fields.ts';
import { invalid } from '../../../refusals/invalid.ts';
import { either, eitherObject, type Findings, warnOfOthers } from '../either.ts';
import { fileIdIn } from '../resolve-files.ts';

/** Record of a batch. */
export interface BatchSaid {
  /** `models/` and the name that the client sent. */
  model: string;
  displayName?: string | undefined;
  /** Whether the requests came with the call, and the responses are to stand in the batch. */
  isInline: boolean;
}

/** Where the requests of a batch are. */
export type RequestsGiven =
  | { kind: 'inline'; path: string; list: readonly unknown[] }
  /** `fileId`: a UUID. */
  | { kind: 'file'; path: string; fileId: string };

export interface BatchAsked {
  displayName: string | undefined;
  requests: RequestsGiven;
  warnings: string[];
}

const maxNameLength = 512;

/** Throws `RequestError` (`invalid_request`) with every fault. */
export function readBatch(fields: Fields): BatchAsked {
  const findings: Findings = { faults: [], warnings: [] };
  const { faults, warnings } = findings;
  const { path: at, object: batch } = eitherObject(fields, 'batch', '', findings);
  const displayName = either(batch, 'displayName', at);
  if (!isName(displayName.value))
    faults.push({ path: displayName.path, message: `must be a text of up to ${maxNameLength} characters` });
  const webhook = either(batch, 'webhookConfig', at);
  if (webhook.value !== undefined)
    faults.push({
      path: webhook.path,
      message: 'is not taken: make an endpoint at /api/webhooks, or ask for the batch',
    });
  const config = eitherObject(batch, 'inputConfig', at, findings);
  const requests = requestsIn(config, findings);
  warnOfOthers(fields, '', ['batch', 'model'], findings);
  warnOfOthers(batch, at, ['displayName', 'inputConfig', 'webhookConfig', 'model', 'name'], findings);
  if (faults.length > 0 || requests === undefined) throw invalid(faults);
  return { displayName: displayName.value as string | undefined, requests, warnings };
}

const isName = (value: unknown) =>
  value === undefined || (typeof value === 'string' && value.length <= maxNameLength);

function requestsIn(
  { path: at, object: config }: { path: string; object: Fields },
  findings: Findings,
): RequestsGiven | undefined {
  const { faults } = findings;
  const refuse = (path: string, message: string): undefined =>
    void faults.push({ path, message } satisfies Fault);
  const file = either(config, 'fileName', at);
  const inline = either(config, 'requests', at);
  if (file.value !== undefined && inline.value !== undefined)
    return refuse(file.path, 'must not stand beside requests');
  if (file.value !== undefined) {
    const fileId = typeof file.value === 'string' ? fileIdIn(file.value) : undefined;
    if (fileId === undefined) return refuse(file.path, 'must be the name of a file that was uploaded here');
    return { kind: 'file', path: file.path, fileId };
  }
  if (inline.value === undefined) return refuse(at, 'must have requests or fileName');
  const { path, value } = either(
    eitherObject(config, 'requests', at, findings).object,
    'requests',
    inline.path,
  );
  if (value instanceof Error) return refuse(path, value.message);
  if (!Array.isArray(value) || value.length === 0) return refuse(path, 'must be a list of requests');
  return { kind: 'inline', path, list: value };
}

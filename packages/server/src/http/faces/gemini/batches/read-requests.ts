// Reads the requests of a batch, each as generateContent reads one: of a list in the body, or of the lines of a file.

import type { Buffer } from 'node:buffer';
import { type Fault, RequestError } from '../../../../core/errors.ts';
import type { Caller } from '../../../../core/keys/keys.ts';
import type { Submission } from '../../../../core/submit/submission.ts';
import { createTurnKeeper } from '../../../../lib/turns/turn-keeper.ts';
import type { Fields } from '../../../body/body-fields.ts';
import type { BodyReader } from '../../../body/read-body.ts';
import { invalid, maxDetails } from '../../../refusals/invalid.ts';
import { maxTasks } from '../../../submit/batch-submission.ts';
import type { NestedPictures } from '../../../submit/nested-pictures.ts';
import type { SubmissionLimits } from '../../../submit/submission.ts';
import { linesOf } from '../../kit/batch-files.ts';
import { either, isObject } from '../either.ts';
import { geminiPlaces, readContents } from '../read-contents.ts';
import type { Sending } from '../shape.ts';
import { type ResolveFiles, submissionOf } from '../submission-of.ts';

/** Record of a request: what names it for the client, and how its pictures are to be sent. */
export interface RequestLine {
  /** Of a line of a file. */
  key?: string | undefined;
  /** Of a request in the body. */
  metadata?: Fields | undefined;
  sending: Sending;
}

export interface RequestParts {
  bodies: Pick<BodyReader, 'parse'>;
  limits: SubmissionLimits;
  resolveFiles: ResolveFiles;
}

export interface RequestsOf {
  caller: Caller;
  /** Model of requests that name none. */
  model: string;
  deadlineSeconds: number;
}

export interface ReadRequests {
  submissions: Submission[];
  lines: RequestLine[];
  warnings: string[];
}

/** Places of pictures in the body of a batch, which may have one for each request and some more. */
export const batchPlaces: NestedPictures = { ...geminiPlaces, most: 2 * maxTasks };

const maxWarnings = 500;
/** Of a line. */
const maxMembers = 10_000;
const maxKeyLength = 512;
const metadataBounds = { members: 64, characters: 4_096 };

/** Request with what stands beside it; `at` is the path of both. */
interface Given {
  at: string;
  fields: Fields;
}

/** Reads a list of the body. Rejects with `RequestError` (`invalid_request`) with every fault, up to 200. */
export async function readInline(
  parts: RequestParts,
  { path, list }: { path: string; list: readonly unknown[] },
  of: RequestsOf,
): Promise<ReadRequests> {
  const reading = createReading(parts, of);
  for (const [index, fields] of list.entries()) {
    const at = `${path}[${index}]`;
    if (reading.isFull(path)) break;
    await reading.add(at, async () => {
      if (!isObject(fields)) throw invalid([{ path: at, message: 'must be an object with a request' }]);
      return { named: { metadata: metadataIn({ at, fields }) }, given: { at, fields } };
    });
  }
  return reading.end();
}

/** Reads the lines of a file. Rejects as `readInline` does. */
export async function readLines(parts: RequestParts, bytes: Buffer, of: RequestsOf): Promise<ReadRequests> {
  const reading = createReading(parts, of);
  const keys = new Set<string>();
  const { keyId } = of.caller;
  const { maxPictureBytes } = parts.limits;
  const options = {
    keyId,
    contentType: 'application/json',
    pictures: geminiPlaces,
    maxPictureBytes,
    maxMembers,
  };
  for (const { number, line } of linesOf(bytes)) {
    const at = `line ${number}`;
    if (reading.isFull(at, line === null) || line === null) break;
    await reading.add(at, async () => {
      const { fields } = await parts.bodies.parse(line, options);
      return { named: { key: keyIn({ at, fields }, keys) }, given: { at, fields } };
    });
  }
  return reading.end();
}

function createReading(parts: RequestParts, of: RequestsOf) {
  const keepTurns = createTurnKeeper();
  const read: ReadRequests = { submissions: [], lines: [], warnings: [] };
  const faults: Fault[] = [];
  let count = 0;
  return {
    /** Whether nothing more is to be read; one request too many is a fault. */
    isFull(path: string, isTooMuch = false): boolean {
      if (count >= maxTasks || isTooMuch) {
        faults.push({ path, message: `is too much: a batch has at most ${maxTasks} requests here` });
        return true;
      }
      return faults.length >= maxDetails;
    },
    async add(at: string, find: () => Promise<{ named: Omit<RequestLine, 'sending'>; given: Given }>) {
      count += 1;
      await keepTurns();
      try {
        const { named, given } = await find();
        const { submission, sending, warnings } = await readOne(parts, given, of);
        read.submissions.push(submission);
        read.lines.push({ ...named, sending });
        if (read.warnings.length < maxWarnings) read.warnings.push(...warnings);
      } catch (error) {
        faults.push(...faultsOf(error, at));
      }
    },
    end(): ReadRequests {
      if (count === 0) faults.push({ path: 'fileName', message: 'is a file without requests' });
      if (faults.length > 0) throw invalid(faults.slice(0, maxDetails));
      return { ...read, warnings: read.warnings.slice(0, maxWarnings) };
    },
  };
}

async function readOne(
  parts: RequestParts,
  { at, fields }: Given,
  { caller, model, deadlineSeconds }: RequestsOf,
) {
  const { path, value: request } = either(fields, 'request', at);
  if (!isObject(request)) throw invalid([{ path, message: 'must be an object with contents' }]);
  const own = either(request, 'model', path);
  const name = typeof own.value === 'string' ? own.value.replace(/^models\//, '') : model;
  if (parts.limits.models.findNamed(name) === undefined)
    throw invalid([{ path: own.path, message: 'is no model of this server' }]);
  try {
    const read = readContents(request, name, parts.limits);
    const asked = { ...read, asked: { ...read.asked, deadlineSeconds } };
    const { submission, warnings } = await submissionOf(asked, caller, parts);
    const inputs = submission.inputs.map((input) => ({ ...input, path: `${path}.${input.path}` }));
    return {
      submission: { ...submission, inputs },
      sending: read.sending,
      warnings: warnings.map((warning) => `${path}.${warning}`),
    };
  } catch (error) {
    if (!(error instanceof RequestError) || error.details === undefined) throw error;
    throw invalid(error.details.map(({ path: member, message }) => ({ path: `${path}.${member}`, message })));
  }
}

/** Faults of a request; throws whatever is none. */
function faultsOf(error: unknown, at: string): Fault[] {
  if (!(error instanceof RequestError) || error.type === 'overloaded') throw error;
  const { details = [] } = error;
  if (details.length > 0 && details[0]?.path !== '') return details;
  return [{ path: at, message: error.message }];
}

function metadataIn({ at, fields }: Given): Fields | undefined {
  const { path, value } = either(fields, 'metadata', at);
  if (value === undefined) return undefined;
  const { members, characters } = metadataBounds;
  const isValid =
    isObject(value) &&
    Object.keys(value).length <= members &&
    Object.values(value).every((each) => each === null || typeof each !== 'object') &&
    JSON.stringify(value).length <= characters;
  if (isValid) return value;
  const message = `must be an object of up to ${members} texts, numbers and truth values, with ${characters} characters in all`;
  throw invalid([{ path, message }]);
}

function keyIn({ at, fields }: Given, keys: Set<string>): string | undefined {
  const { path, value } = either(fields, 'key', at);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > maxKeyLength)
    throw invalid([{ path, message: `must be a text of up to ${maxKeyLength} characters` }]);
  if (keys.has(value)) throw invalid([{ path, message: 'is that of an earlier line too' }]);
  keys.add(value);
  return value;
}

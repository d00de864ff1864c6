// From the body of a batch to its submissions: each of `tasks` is read like the body of a submit, and what stands beside
// `tasks` goes for each that does not say otherwise.

import { type Fault, RequestError } from '../core/errors.ts';
import type { Submission } from '../core/submit.ts';
import { parseDataUri } from '../lib/data-uri.ts';
import type { Body } from './read-body.ts';
import { invalid, readSubmission, type SubmissionLimits } from './submission.ts';
import { linkMembers, shorten, toList } from './submission-members.ts';

export const mostTasks = 1_000;
/** When so many faults are found, no more are looked for: one that is shared is one of every task. */
const enoughFaults = 200;

/** Faults, warnings and pictures are named by the path of their task, such as `tasks[3].prompt`. Throws `RequestError`. */
export function readBatch(
  { fields, files }: Body,
  limits: SubmissionLimits,
): { submissions: Submission[]; warnings: string[] } {
  const { tasks, key: _key, ...shared } = fields;
  if (files.length > 0)
    throw invalid([{ path: 'files', message: 'are not taken by a batch: send links, or data: URIs' }]);
  if (!Array.isArray(tasks) || tasks.length === 0 || tasks.length > mostTasks)
    throw invalid([{ path: 'tasks', message: `must be a list of 1 to ${mostTasks} tasks` }]);
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const submissions: Submission[] = [];
  const decode = decodeOnce(shared);
  for (const [index, task] of (tasks as unknown[]).entries()) {
    const path = `tasks[${index}]`;
    if (faults.length >= enoughFaults) break;
    if (typeof task !== 'object' || task === null || Array.isArray(task)) {
      faults.push({ path, message: 'must be an object' });
      continue;
    }
    const read = readOne({ ...shared, ...task }, { limits, decode, faults, path });
    if (read === null) continue;
    warnings.push(...read.warnings.map((warning) => `${path}: ${warning}`));
    const inputs = read.submission.inputs.map((input) => ({ ...input, path: `${path}.${input.path}` }));
    submissions.push({ ...read.submission, inputs });
  }
  if (faults.length > 0) throw invalid(faults);
  return { submissions, warnings };
}

/** A picture that all tasks share is decoded once: a thousand times some megabytes are more than the memory. */
function decodeOnce(shared: Record<string, unknown>): typeof parseDataUri {
  for (const name of linkMembers) if (Object.hasOwn(shared, name)) shared[name] = toList(shared[name]);
  const links = new Set(linkMembers.flatMap((name) => shared[name]));
  const decoded = new Map<string, ReturnType<typeof parseDataUri>>();
  return (uri, maxBytes) => {
    const known = decoded.get(uri) ?? parseDataUri(uri, maxBytes);
    if (links.has(uri)) decoded.set(uri, known);
    return known;
  };
}

const actions = ['generate', 'edit'] as const;

function readOne(
  { action, ...fields }: Record<string, unknown>,
  {
    limits,
    decode,
    faults,
    path,
  }: { limits: SubmissionLimits; decode: typeof parseDataUri; faults: Fault[]; path: string },
): ReturnType<typeof readSubmission> | null {
  const known = actions.find((name) => name === action);
  if (known === undefined && action !== undefined) {
    const said = typeof action === 'string' ? `, not ${JSON.stringify(shorten(action))}` : '';
    faults.push({ path: `${path}.action`, message: `must be generate or edit${said}` });
  }
  try {
    return readSubmission(known, { fields, files: [] }, limits, decode);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    for (const fault of error.details ?? [{ path: '', message: error.message }])
      faults.push({ path: `${path}.${fault.path}`, message: fault.message });
    return null;
  }
}

// From the body of a batch to its submissions: each of `tasks` is read like the body of a submit, and what stands beside
// `tasks` goes for each that does not say otherwise.

import { type Fault, RequestError } from '../core/errors.ts';
import type { Submission } from '../core/submit.ts';
import type { Body } from './read-body.ts';
import { invalid, readSubmission, type SubmissionLimits } from './submission.ts';
import { shorten } from './submission-members.ts';

export const mostTasks = 1_000;

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
  for (const [index, task] of (tasks as unknown[]).entries()) {
    const path = `tasks[${index}]`;
    if (typeof task !== 'object' || task === null || Array.isArray(task)) {
      faults.push({ path, message: 'must be an object' });
      continue;
    }
    const read = readOne({ ...shared, ...task }, limits, faults, path);
    if (read === null) continue;
    warnings.push(...read.warnings.map((warning) => `${path}: ${warning}`));
    const inputs = read.submission.inputs.map((input) => ({ ...input, path: `${path}.${input.path}` }));
    submissions.push({ ...read.submission, inputs });
  }
  if (faults.length > 0) throw invalid(faults);
  return { submissions, warnings };
}

const actions = ['generate', 'edit'] as const;

function readOne(
  { action, ...fields }: Record<string, unknown>,
  limits: SubmissionLimits,
  faults: Fault[],
  path: string,
): ReturnType<typeof readSubmission> | null {
  const known = actions.find((name) => name === action);
  if (known === undefined && action !== undefined) {
    const said = typeof action === 'string' ? `, not ${JSON.stringify(shorten(action))}` : '';
    faults.push({ path: `${path}.action`, message: `must be generate or edit${said}` });
  }
  try {
    return readSubmission(known, { fields, files: [] }, limits);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    for (const fault of error.details ?? [{ path: '', message: error.message }])
      faults.push({ path: `${path}.${fault.path}`, message: fault.message });
    return null;
  }
}

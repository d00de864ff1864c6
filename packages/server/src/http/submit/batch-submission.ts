// From the body of a batch to its submissions: each of `tasks` is read like the body of a submit, and what stands beside
// `tasks` goes for each that does not say otherwise.

import { type Fault, RequestError } from '../../core/errors.ts';
import type { Submission } from '../../core/submit/submit.ts';
import { taskActions } from '../../core/tasks/task.ts';
import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import type { Fields } from '../body/body-fields.ts';
import type { Body } from '../body/body-fields.ts';
import { invalid } from '../refusals/invalid.ts';
import { readSubmission, type SubmissionLimits } from './submission.ts';
import { subjectOf } from './member-names.ts';
import { readMembers } from './submission-members.ts';
import { dryRunMembers, shorten, submitNames } from './submit-names.ts';

export const maxTasks = 1_000;
/** When so many faults are found, no more are looked for: one that is shared is one of every task. */
const enoughFaults = 200;

/** How many warnings an answer lists. */
const maxWarnings = 500;

/**
 * Faults, warnings and pictures are named by the path of their task, such as `tasks[3].prompt`; what all tasks share and nobody knows
 * is named once. A thousand tasks take a while, in which others have the event loop too. Throws `RequestError`.
 */
export async function readBatch(
  { fields, files }: Body,
  limits: SubmissionLimits,
): Promise<{ submissions: Submission[]; warnings: string[] }> {
  const { tasks, ...beside } = fields;
  if (files.length > 0)
    throw invalid([{ path: 'files', message: 'are not taken by a batch: send links, or data: URIs' }]);
  if (!Array.isArray(tasks) || tasks.length === 0 || tasks.length > maxTasks)
    throw invalid([{ path: 'tasks', message: `must be a list of 1 to ${maxTasks} tasks` }]);
  const faults: Fault[] = [];
  const { shared, warnings } = splitShared(beside);
  const submissions: Submission[] = [];
  const keepTurns = createTurnKeeper();
  for (const [index, task] of (tasks as unknown[]).entries()) {
    const path = `tasks[${index}]`;
    if (faults.length >= enoughFaults) break;
    await keepTurns();
    if (!isObject(task)) {
      faults.push({ path, message: 'must be an object' });
      continue;
    }
    const read = readOne(withShared(shared, task), { limits, faults, path });
    if (read === null) continue;
    for (const warning of read.warnings) warnings.push(`${path}: ${warning}`);
    const inputs = read.submission.inputs.map((input) => ({ ...input, path: `${path}.${input.path}` }));
    submissions.push({ ...read.submission, inputs });
  }
  if (faults.length > 0) throw invalid(faults);
  return { submissions, warnings: atMost(warnings, maxWarnings) };
}

/** A task with what all share, but for what it says itself under whatever name. */
function withShared(shared: Fields, task: Fields): Fields {
  const subjects = new Set(Object.entries(task).map((member) => subjectOf(...member)));
  const others = Object.entries(shared).filter((member) => {
    const subject = subjectOf(...member);
    return subject === undefined || !subjects.has(subject);
  });
  return { ...Object.fromEntries(others), ...task };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);

/** Splits the members that stand beside the tasks: those that each of them has, and those that are not known. */
function splitShared(fields: Fields): { shared: Fields; warnings: string[] } {
  const entries = Object.entries(fields).filter(([name]) => name !== 'key' && !dryRunMembers.includes(name));
  const isKnown = ([name]: [string, unknown]) => submitNames.has(name);
  const warnings: string[] = [];
  readMembers(Object.fromEntries(entries.filter((entry) => !isKnown(entry))), [], warnings);
  return { shared: Object.fromEntries(entries.filter(isKnown)), warnings };
}

function atMost(warnings: string[], most: number): string[] {
  const more = warnings.length - most;
  return more <= 0 ? warnings : [...warnings.slice(0, most), `${more} more warnings of the same kinds`];
}

function readOne(
  { action, ...fields }: Record<string, unknown>,
  { limits, faults, path }: { limits: SubmissionLimits; faults: Fault[]; path: string },
): ReturnType<typeof readSubmission> | null {
  for (const name of dryRunMembers)
    if (fields[name] !== undefined)
      faults.push({ path: `${path}.${name}`, message: 'goes for the whole batch: put it beside tasks' });
  const known = taskActions.find((name) => name === action);
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

// Bounds on every member of a body, whoever reads it: so that what comes out of it is quick to look at.

import { RequestError } from '../../core/errors.ts';
import { type Fields, fieldPath } from '../body/body-fields.ts';
import { shorten, tasksMember } from './submit-names.ts';

/** Nothing is quick with an object of a hundred thousand; of these ten thousand, most are named in no answer. */
const maxPerObject = 10_000;
/** The longest that is taken anywhere is that of a batch's tasks. */
const maxListLength = 1_000;
/** The longest prompt that can be allowed has a million. */
const maxTextLength = 2 ** 20;
const maxNameLength = 1_000;

/**
 * Puts an `Error` in the place of each text and each list that is too long for any member, and cuts names. Of members that are none of
 * `wanted`, of the body and of the tasks of a batch, only the names are left. Throws `RequestError` (`invalid_request`) that names
 * an object of too many members.
 */
export function boundMembers(fields: Fields, wanted?: ReadonlySet<string>): void {
  if (wanted !== undefined) {
    forgetOthers(fields, wanted);
    const tasks = fields[tasksMember];
    if (Array.isArray(tasks)) for (const task of tasks as unknown[]) forgetOthers(task, wanted);
  }
  boundObject(fields, []);
}

function forgetOthers(value: unknown, wanted: ReadonlySet<string>): void {
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) if (!wanted.has(name)) value[name] = null;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);

function bounded(value: unknown, path: (string | number)[]): unknown {
  if (typeof value === 'string')
    return value.length > maxTextLength
      ? new Error(`has ${value.length} characters, far more than are taken`)
      : value;
  if (Array.isArray(value)) {
    if (value.length > maxListLength)
      return new Error(`must have at most ${maxListLength.toLocaleString('en')} entries`);
    for (const [index, each] of value.entries()) {
      path.push(index);
      value[index] = bounded(each, path);
      path.pop();
    }
    return value;
  }
  if (isObject(value)) boundObject(value, path);
  return value;
}

function boundObject(fields: Fields, path: (string | number)[]): void {
  const names = Object.keys(fields);
  if (names.length > maxPerObject) throw tooMany(fieldPath(path));
  for (const name of names) {
    path.push(name);
    const value = bounded(fields[name], path);
    path.pop();
    if (name.length > maxNameLength) delete fields[name];
    fields[name.length > maxNameLength ? shorten(name) : name] = value;
  }
}

function tooMany(path: string): RequestError {
  const message = `must have at most ${maxPerObject.toLocaleString('en')} members`;
  return new RequestError('invalid_request', `${path || 'The body'} ${message}.`, {
    details: [{ path, message }],
  });
}

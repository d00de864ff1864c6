// Storing of one input, by its kind.

import { RequestError } from '../errors.ts';
import type { StoreInput } from '../pictures/inputs.ts';
import type { StoredInput, TaskInput } from '../tasks/task.ts';
import type { CheckLinkName } from './inside-name.ts';
import { resolveOwnAt, type ResolveOwnLink } from './own-link.ts';
import { storeBytes } from './store-bytes.ts';
import type { StoreLink } from './store-link.ts';
import type { SubmittedInput } from './submission.ts';

/** Functions that store an input, one for each kind. */
export interface StoreParts {
  storeInput: StoreInput;
  resolveOwnLink: ResolveOwnLink;
  /** Restarts the retention of a stored picture; false when it is deleted. */
  touchInput: (key: string) => Promise<boolean>;
  /** Fetches and stores a link; `null` where links are fetched when the task runs. */
  storeLink: StoreLink | null;
  /** Finds the fault of a link that can never be fetched. Own links are not checked. */
  checkLinkName?: CheckLinkName;
}

export async function storePicture(
  { storeInput, resolveOwnLink, touchInput, storeLink, checkLinkName = () => null }: StoreParts,
  { owner, input, signal }: { owner: string; input: SubmittedInput; signal: AbortSignal },
): Promise<TaskInput> {
  if (input.kind === 'stored') return storeAgain(touchInput, input);
  if (input.kind === 'bytes') return await storeBytes(storeInput, { ...input, owner }, signal);
  const own = await resolveOwnAt(resolveOwnLink, input);
  if (own !== null) return own;
  const fault = checkLinkName(input.url);
  if (fault !== null) throw unreachable(input.path, `The link ${fault}.`);
  return storeLink === null ? { kind: 'url', url: input.url } : await storeLink({ ...input, owner }, signal);
}

async function storeAgain(
  touchInput: (key: string) => Promise<boolean>,
  { path, key, details }: StoredInput & { path: string },
): Promise<TaskInput> {
  if (await touchInput(key)) return { kind: 'stored', key, ...(details === undefined ? {} : { details }) };
  throw unreachable(path, 'This picture has been deleted since. Submit a new task with the picture.');
}

function unreachable(path: string, message: string): RequestError {
  return new RequestError('input_unreachable', `${path}: ${message}`, { details: [{ path, message }] });
}

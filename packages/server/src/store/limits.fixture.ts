// Limits for tests, of owners and keys that need not be there.

import { limitNames } from '../core/limits/limit-names.ts';
import type { Limited } from '../core/limits/limits.ts';
import { owner } from '../core/owners/owner.fixture.ts';
import type { Store } from './store.ts';

const none = Object.fromEntries(Object.keys(limitNames).map((name) => [name, null]));

/** Sets limits and a budget in place of all that was set. Where there is no key of this id, there is an owner from then on. */
export async function setLimited(
  store: Pick<Store, 'findKey' | 'changeKey' | 'insertOwner' | 'changeOwner'>,
  subjectId: string,
  { limits, budget }: Limited,
): Promise<void> {
  const limited = { limits: { ...none, ...limits }, budget };
  if ((await store.findKey(subjectId)) !== null) {
    await store.changeKey(subjectId, { limited }, 0);
    return;
  }
  await store.insertOwner(owner({ id: subjectId }));
  await store.changeOwner(subjectId, { limited });
}

// Tells of a budget that refuses every submit before its amount is reached, as a price seldom divides it evenly: at the first such refusal of
// its period, whichever server refuses.

import type { Clock } from '../../lib/clock.ts';
import { errorName } from '../../lib/error-name.ts';
import { type Emit, emitFault } from '../events.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { ownerIdOf } from '../keys/keys.ts';
import { periodAt } from '../ledger/periods.ts';
import type { Refusal } from '../limits/judge-submit.ts';
import type { OwnerStore } from '../owners/owner-store.ts';
import type { AlertStore } from './alerts.ts';
import { exhaustionAlert } from './find-alerts.ts';

/** Takes note of a refusal; is not waited for. */
export type TellExhaustion = (refusal: Refusal) => void;

/** So many are known to have been told, to spare the store. */
const maxTold = 10_000;

export function createTellExhaustion({
  store,
  clock,
  emit,
  onTold,
}: {
  store: Pick<AlertStore, 'insertAlert'> & Pick<KeyStore, 'findKey'> & Pick<OwnerStore, 'findOwner'>;
  clock: Clock;
  emit: Emit;
  /** Called when deliveries were made. */
  onTold: () => void;
}): TellExhaustion {
  const told = new Set<string>();

  async function whose({ kind, id }: Refusal['of']): Promise<{ name: string; ownerId: string }> {
    if (kind === 'owner') return { name: (await store.findOwner(id))?.name ?? '', ownerId: id };
    const key = await store.findKey(id);
    return key === null ? { name: '', ownerId: id } : { name: key.name, ownerId: ownerIdOf(key) };
  }

  async function tell(refusal: Extract<Refusal, { limit: 'budget' }>, at: number): Promise<void> {
    const alert = exhaustionAlert(refusal, { at, ...(await whose(refusal.of)) });
    if (alert !== null && (await store.insertAlert(alert))) onTold();
  }

  return (refusal) => {
    if (refusal.limit !== 'budget' || refusal.fits > 0) return;
    const at = clock.now();
    const name = `${refusal.of.id} ${periodAt(at, refusal.budget).startsAt}`;
    if (told.has(name)) return;
    told.add(name);
    const [oldest] = told;
    if (told.size > maxTold && oldest !== undefined) told.delete(oldest);
    tell(refusal, at).catch((error: unknown) => {
      told.delete(name);
      emitFault(emit, error, 'webhook_fault', { error: errorName(error) });
    });
  };
}

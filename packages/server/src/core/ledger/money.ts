// Money of a task, in whole micro-dollars (millionths of a US dollar): what was agreed at its submit, and what its owner pays at its end.

/** Price of a task as it is known at the submit. */
export interface AgreedPrice {
  /** Sum that is reserved; `null` where no price is known. */
  estimatedMicroUsd: number | null;
  /** Selling price of a picture; `null` where none is set, so that the owner pays the upstream's cost. */
  unitMicroUsd: number | null;
}

export const noPrice: AgreedPrice = { estimatedMicroUsd: null, unitMicroUsd: null };

export interface TaskMoney extends AgreedPrice {
  /** Sum that is held now; `null` where nothing was entered into the ledger at the submit. */
  reservedMicroUsd: number | null;
  /** Sum that the owner pays; `null` until it is known. */
  chargedMicroUsd: number | null;
  /** Time until which the sum is held although the task has ended, Unix milliseconds; `null` where it is not. */
  holdUntil: number | null;
}

/** Money of a task of which nobody ever asked the price. */
export const noMoney: TaskMoney = {
  ...noPrice,
  reservedMicroUsd: null,
  chargedMicroUsd: null,
  holdUntil: null,
};

/** Charge of a task that costs its owner nothing, as nobody was billed. */
export const notBilled: FinalCharge = { kind: 'release', reason: 'not_billed' };

/** How the sum of a settled task came about. `estimate`: its cost is not known. */
export type SettleReason = 'price' | 'cost' | 'estimate' | 'unpriced' | 'billed_failure' | 'unknown_charged';
/** Why a task costs its owner nothing. `absorbed`: the upstream billed for it, `unknown_absorbed`: it may have. */
export type ReleaseReason = 'not_billed' | 'absorbed' | 'unknown_absorbed';

/** Decision about the money of a task that has ended. */
export type Charge =
  /** `missing`: pictures of those that were asked for that did not come, where others did. */
  | { kind: 'settle'; chargedMicroUsd: number; reason: SettleReason; missing?: number }
  | { kind: 'release'; reason: ReleaseReason }
  /** The sum stays reserved until the time `until`, Unix milliseconds, as nobody knows whether the upstream billed. */
  | { kind: 'hold'; until: number };

/** Charge that says at once what the owner pays. */
export type FinalCharge = Exclude<Charge, { kind: 'hold' }>;

/** Money of a task once `charge` is written. What is not reserved can't be held. */
export function afterCharge(money: TaskMoney, charge: Charge): TaskMoney {
  if (charge.kind === 'hold') return { ...money, holdUntil: charge.until };
  const reservedMicroUsd = money.reservedMicroUsd === null ? null : 0;
  const chargedMicroUsd = charge.kind === 'settle' ? charge.chargedMicroUsd : 0;
  return { ...money, reservedMicroUsd, chargedMicroUsd, holdUntil: null };
}

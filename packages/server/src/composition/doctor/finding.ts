// Findings of the doctor: one sentence each, and what to do about it.

export type CheckName =
  | 'settings'
  | 'store'
  | 'keys'
  | 'disk'
  | 'clock'
  | 'links'
  | 'proxies'
  | 'upstreams'
  | 'traces'
  | 'webhooks';

export interface Finding {
  check: CheckName;
  /** `mend`: something does not work, or does harm. `advice`: it works, and perhaps not as it is meant. */
  state: 'ok' | 'advice' | 'mend';
  /** Holds no secret. */
  says: string;
  /** Sentence that says what to do; `null` where nothing is to be done. */
  mend: string | null;
}

export const fine = (check: CheckName, says: string): Finding => ({ check, state: 'ok', says, mend: null });

export const advice = (check: CheckName, says: string, mend: string): Finding => ({
  check,
  state: 'advice',
  says,
  mend,
});

export const fault = (check: CheckName, says: string, mend: string): Finding => ({
  check,
  state: 'mend',
  says,
  mend,
});

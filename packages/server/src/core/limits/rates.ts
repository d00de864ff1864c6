// Rates: submits and queries in a minute, of keys and owners that have such limits. They are counted in memory, as a write for each query
// would cost more than the query.

import type { LimitFault } from '@plantain/client';
import { comingSecondsText } from '../../lib/time/unix-time.ts';
import { RequestError } from '../errors.ts';
import { limitNames } from './limit-names.ts';
import { type Elsewhere, RateWindow, windowSeconds } from './rate-window.ts';
import type { LimitedSubject } from './subjects.ts';

/** Kind of a call: a submit, or any other that counts. */
export type RateKind = 'submit' | 'query';

/** State of one rate. */
export interface Rate {
  /** Name of the rate to its callers. */
  name: string;
  /** Calls that may be made in a minute. */
  max: number;
  left: number;
  /** Whole seconds until more are left; 0 where all are. */
  seconds: number;
}

export interface Rates {
  /**
   * Counts calls of these subjects and gives the rates, or gives `null` and counts nothing, as some rate does not permit them. `now` is the
   * time by the clock that never goes back, where the caller has it already.
   */
  tryCount(subjects: readonly LimitedSubject[], kind: RateKind, calls: number, now?: number): Rate[] | null;
  /** Gives the rates that there are of a kind. */
  look(subjects: readonly LimitedSubject[], kind: RateKind): Rate[];
  /** Gives how many calls of a subject count now: those here, and what other servers have told. */
  used(kind: RateKind, subjectId: string): number;
  /** Gives the refusal of calls that were not permitted, with whose limit it was and when to try again, and the rates at that moment. */
  refuse(
    subjects: readonly LimitedSubject[],
    kind: RateKind,
    calls: number,
  ): { error: RequestError; rates: Rate[] };
  /** Gives what was counted here in the last minute. */
  counted(): CountedRate[];
  /** Takes what other servers counted, in place of what they said before. */
  learn(others: readonly CountedRate[]): void;
}

/** Calls of the last minute that a server counted, of one subject and kind. */
export interface CountedRate {
  subjectId: string;
  kind: RateKind;
  used: number;
  /** Milliseconds until the first of them counts no more. */
  untilNextMs: number;
}

export const rateKinds: readonly RateKind[] = ['submit', 'query'];
const members = { submit: 'submitsPerMinute', query: 'queriesPerMinute' } as const;
const names = {
  submit: { key: 'submit', owner: 'submit-owner' },
  query: { key: 'query', owner: 'query-owner' },
} as const;

/** `elapsed` is a clock in milliseconds that never goes back, and `now` one of Unix milliseconds, by which callers are told times. */
export function createRates({ elapsed, now: wallTime }: { elapsed: () => number; now: () => number }): Rates {
  const windows = createWindows();

  function look(subjects: readonly LimitedSubject[], kind: RateKind, now: number): Rate[] {
    const rates: Rate[] = [];
    for (const subject of subjects) {
      const max = subject.limits[members[kind]];
      if (max !== undefined) rates.push(toRate(subject, kind, max, windows.find(kind, subject.id), now));
    }
    return rates;
  }

  function findFull(subjects: readonly LimitedSubject[], kind: RateKind, calls: number, now: number): Full[] {
    return subjects.flatMap((subject) => {
      const max = subject.limits[members[kind]];
      if (max === undefined) return [];
      const window = windows.find(kind, subject.id);
      return (window?.used(now) ?? 0) + calls > max
        ? [{ subject, max, waitMs: waitFor(window, { max, calls, now }) }]
        : [];
    });
  }

  return {
    tryCount(subjects, kind, calls, now = elapsed()) {
      for (const { id, limits } of subjects) {
        const max = limits[members[kind]];
        if (max !== undefined && (windows.find(kind, id)?.used(now) ?? 0) + calls > max) return null;
      }
      const rates: Rate[] = [];
      for (const subject of subjects) {
        const max = subject.limits[members[kind]];
        if (max === undefined) continue;
        const window = windows.get(kind, subject.id, now);
        window.add(now, calls);
        rates.push(toRate(subject, kind, max, window, now));
      }
      return rates;
    },
    look: (subjects, kind) => look(subjects, kind, elapsed()),
    used: (kind, subjectId) => windows.find(kind, subjectId)?.used(elapsed()) ?? 0,
    refuse(subjects, kind, calls) {
      // One moment for all, so that nobody is told to come again before the time that the rates name.
      const now = elapsed();
      const [longest] = findFull(subjects, kind, calls, now).toSorted((a, b) => b.waitMs - a.waitMs);
      const error =
        longest === undefined
          ? new RequestError('rate_limited', 'There is room for this call now. Try again.', {
              retryAfterSeconds: 1,
            })
          : refusalOf(longest, { kind, calls, resetsAt: wallTime() + longest.waitMs });
      return { error, rates: look(subjects, kind, now) };
    },
    counted: () => windows.counted(elapsed()),
    learn: (others) => windows.learn(others, elapsed()),
  };
}

function toRate(
  { kind: of }: LimitedSubject,
  kind: RateKind,
  max: number,
  window: RateWindow | undefined,
  now: number,
): Rate {
  const name = names[kind][of];
  if (window === undefined) return { name, max, left: max, seconds: 0 };
  return {
    name,
    max,
    left: Math.max(0, max - window.used(now)),
    seconds: Math.ceil(window.untilNext(now) / 1000),
  };
}

/**
 * Milliseconds after which so many calls can be made, if nothing else is counted: as far as that can be seen from here. Calls of other
 * servers are known by their number, and by when the first leaves.
 */
function waitFor(
  window: RateWindow | undefined,
  { max, calls, now }: { max: number; calls: number; now: number },
): number {
  const whole = windowSeconds * 1000;
  if (window === undefined || calls > max) return whole;
  const wait = window.untilLeft(now, window.used(now) + calls - max);
  if (wait !== Infinity) return wait;
  return calls === 1 ? window.untilNext(now) || whole : whole;
}

/** Rate that does not permit the calls. */
interface Full {
  subject: LimitedSubject;
  max: number;
  /** Milliseconds after which it may. */
  waitMs: number;
}

function refusalOf(
  { subject: { kind: of, id }, max, waitMs }: Full,
  { kind, calls, resetsAt }: { kind: RateKind; calls: number; resetsAt: number },
): RequestError {
  const limit = limitNames[members[kind]];
  const whose = of === 'key' ? 'This key' : 'The owner of this key';
  const what = { submit: ['submit', 'submits'], query: ['query', 'queries'] }[kind][max === 1 ? 0 : 1];
  const sharers = of === 'key' ? 'programs' : 'keys';
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const asked = calls.toLocaleString('en');
  const isNever = calls > max;
  const why = isNever
    ? max === 0
      ? 'so none are taken.'
      : `so ${asked} at once are never taken. Ask for fewer.`
    : `${calls === 1 ? `and ${max === 1 ? 'it is' : 'these are'} used up` : `of which fewer than ${asked} are left`}. Try again in ${seconds} s.`;
  const message = `${whose} may make ${max.toLocaleString('en')} ${what} in a minute (${limit}) in all its ${sharers}, ${why}`;
  const detail: LimitFault = {
    path: '',
    message,
    of,
    id,
    limit,
    max,
    ...(isNever ? {} : { resets_at: comingSecondsText(resetsAt) }),
  };
  return new RequestError('rate_limited', message, {
    ...(isNever ? {} : { retryAfterSeconds: seconds }),
    details: [detail],
  });
}

/** Windows of subjects that were used of late. */
function createWindows() {
  const byKind = { submit: new Map<string, RateWindow>(), query: new Map<string, RateWindow>() };
  let sweptAt = 0;

  /** Forgets windows in which nothing is counted, so that there are no more than subjects that were used within two minutes. */
  function sweep(now: number): void {
    sweptAt = now;
    for (const windows of Object.values(byKind))
      for (const [id, window] of windows) if (window.used(now) === 0) windows.delete(id);
  }

  function get(kind: RateKind, id: string, now: number): RateWindow {
    const known = byKind[kind].get(id);
    if (known !== undefined) return known;
    if (now - sweptAt > windowSeconds * 1000) sweep(now);
    const window = new RateWindow();
    byKind[kind].set(id, window);
    return window;
  }

  return {
    get,
    find: (kind: RateKind, id: string) => byKind[kind].get(id),
    counted(now: number): CountedRate[] {
      return rateKinds.flatMap((kind) =>
        [...byKind[kind]].flatMap(([subjectId, window]): CountedRate[] => {
          const used = window.usedHere(now);
          return used === 0 ? [] : [{ subjectId, kind, used, untilNextMs: window.untilLeft(now, 1) }];
        }),
      );
    },
    learn(others: readonly CountedRate[], now: number): void {
      for (const kind of rateKinds) {
        const sums = sumsOf(others, kind, now);
        for (const [id, window] of byKind[kind]) window.learn(sums.get(id) ?? null);
        for (const [id, sum] of sums) get(kind, id, now).learn(sum);
      }
    },
  };
}

function sumsOf(counts: readonly CountedRate[], kind: RateKind, now: number): Map<string, Elsewhere> {
  const sums = new Map<string, Elsewhere>();
  for (const count of counts) {
    if (count.kind !== kind) continue;
    const { used, freeAt } = sums.get(count.subjectId) ?? { used: 0, freeAt: Infinity };
    sums.set(count.subjectId, {
      used: used + count.used,
      freeAt: Math.min(freeAt, now + count.untilNextMs),
    });
  }
  return sums;
}

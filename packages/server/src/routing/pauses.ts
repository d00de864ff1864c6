// When a key is left alone, for one model or for all, because of what the upstream said. Models go by the upstream's names.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import type { QuotaReset } from '../core/upstreams/routes.ts';
import { nextReset } from './daily-reset.ts';
import { later, untilUnpaused, type BlockReason, type PauseReason } from './block-reason.ts';

/** Without a word on how long, a rate limit or an overloaded model pauses from the first to the second, doubled each time. */
const firstPauseMs = 1_000;
const maxPauseMs = 60_000;
const unknownModelMs = 10 * 60_000;
/** A longer delay that an upstream asks for is a mistake. */
const maxAskedMs = 24 * 60 * 60_000;

const reasons: Readonly<Partial<Record<TaskErrorType, PauseReason>>> = {
  upstream_auth: 'auth',
  upstream_billing: 'billing',
  upstream_quota: 'quota',
  upstream_rate_limited: 'rate_limited',
  upstream_unavailable: 'unavailable',
};

export interface Pause {
  /** The upstream's name of the model; `null` for all models. */
  model: string | null;
  reason: PauseReason;
  /** Unix milliseconds, or `untilUnpaused`. */
  until: number;
  /** The cause, as the task that met it failed. */
  failure: TaskFailure;
}

interface Ended {
  model: string;
  /** Numbers the key's calls upwards. */
  call: number;
  /** The number of the key's latest call so far. */
  latestCall: number;
  now: number;
}

export interface Pauses {
  blockReason(model: string, now: number): BlockReason | undefined;
  /** Gives the pause that the failure begins or makes longer. */
  fail(failure: TaskFailure, ended: Ended): Pause | undefined;
  /** Believes in a pause that another process began. */
  adopt(pause: Pause, since: number): void;
  succeed(ended: Ended): void;
  /** Ends all pauses; failures of calls up to `latestCall` bring none back. */
  clear(latestCall: number): void;
  list(now: number): Pause[];
}

export function createPauses(reset: QuotaReset): Pauses {
  const byModel = new Map<string | null, { since: number; pause: Pause }>();
  const strikes = createStrikes();
  let clearedUpTo = 0;

  function active(model: string | null, now: number): Pause | undefined {
    const earlier = byModel.get(model);
    // One that lies ahead is of a time when the clock was wrong; what only the operator ends has no time.
    if (
      earlier !== undefined &&
      now < earlier.pause.until &&
      (earlier.since <= now || earlier.pause.until === untilUnpaused)
    )
      return earlier.pause;
    byModel.delete(model);
    return undefined;
  }

  return {
    blockReason(model, now) {
      return later(toBlockReason(active(null, now)), toBlockReason(active(model, now)));
    },
    fail(failure, ended) {
      if (ended.call <= clearedUpTo) return undefined;
      const reason = failure.modelUnknown === true ? 'model_unknown' : reasons[failure.type];
      if (reason === undefined) return undefined;
      const askedMs = Math.min(Math.ceil(failure.retryAfterMs ?? 0), maxAskedMs);
      const isOverloaded = failure.modelOverloaded === true && askedMs === 0;
      const until = isOverloaded
        ? ended.now + strikes.pauseMs(ended)
        : ends[reason]({ ended, askedMs, strikes, reset });
      const model = reason === 'auth' || reason === 'billing' ? null : ended.model;
      const before = active(model, ended.now);
      if (until <= (before?.until ?? ended.now)) return undefined;
      const pause = { model, reason, until, failure };
      byModel.set(model, { since: ended.now, pause });
      return pause;
    },
    adopt(pause, since) {
      if (pause.until > (byModel.get(pause.model)?.pause.until ?? 0))
        byModel.set(pause.model, { since, pause });
    },
    succeed: strikes.forgive,
    clear(latestCall) {
      byModel.clear();
      strikes.clear();
      clearedUpTo = latestCall;
    },
    list: (now) => [...byModel.keys()].flatMap((model) => active(model, now) ?? []),
  };
}

/** When a pause ends, in Unix milliseconds, by its reason. `askedMs`: the delay that the upstream asked for, or 0. */
const ends: Readonly<
  Record<
    PauseReason,
    (pause: { ended: Ended; askedMs: number; strikes: Strikes; reset: QuotaReset }) => number
  >
> = {
  auth: () => untilUnpaused,
  billing: () => untilUnpaused,
  // Gemini may ask for seconds together with the quota of a day, so that only a longer delay is believed.
  quota: ({ ended, askedMs, reset }) => Math.max(nextReset(ended.now, reset), ended.now + askedMs),
  rate_limited: ({ ended, askedMs, strikes }) => ended.now + (askedMs > 0 ? askedMs : strikes.pauseMs(ended)),
  unavailable: ({ ended, askedMs }) => ended.now + askedMs,
  model_unknown: ({ ended }) => ended.now + unknownModelMs,
};

interface Strikes {
  /** Counts a refusal; gives a pause that doubles with each in a row. */
  pauseMs(ended: Ended): number;
  forgive(ended: Ended): void;
  clear(): void;
}

/** Counts how often in a row a model was refused without a word on how long. */
function createStrikes(): Strikes {
  /** `upTo`: the latest call when it was counted. */
  const byModel = new Map<string, { count: number; upTo: number }>();
  return {
    pauseMs({ model, call, latestCall }) {
      const before = byModel.get(model);
      let count = before?.count ?? 0;
      // Calls refused together are refused once.
      if (before === undefined || call > before.upTo) {
        count += 1;
        byModel.set(model, { count, upTo: latestCall });
      }
      return Math.min(firstPauseMs * 2 ** (count - 1), maxPauseMs);
    },
    forgive({ model, call }) {
      const before = byModel.get(model);
      if (before !== undefined && call > before.upTo) byModel.delete(model);
    },
    clear: () => byModel.clear(),
  };
}

function toBlockReason(pause: Pause | undefined): BlockReason | undefined {
  return pause === undefined ? undefined : { cause: pause.reason, until: pause.until };
}

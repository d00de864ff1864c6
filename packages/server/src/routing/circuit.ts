// The circuit breaker of one key: after too many failures no calls for a while, then one call at a time as a probe.
// Of cockatiel it uses the breaker, which weighs the outcomes, not the policy around it: that one reads `Date.now()` and
// changes its state only some promises after an outcome, so time and probes are kept here, by the clock that we are given.

import { CircuitState, CountBreaker } from 'cockatiel';
import { atAnyTime, type BlockReason } from './block-reason.ts';

/**
 * Opens where more than half of the last 10 outcomes are failures, once there are 5. cockatiel's ConsecutiveBreaker would
 * never see an upstream that fails two calls of three; its SamplingBreaker forgets by `Date.now()`, and at the pace of
 * pictures, some a minute, it has seldom enough in its window to judge by.
 */
const weighing = { threshold: 0.5, size: 10, minimumNumberOfCalls: 5 };
const firstOpenMs = 5_000;
const maxOpenMs = 5 * 60_000;

/** The upstream's health, by the end of a call. */
export type Health = 'healthy' | 'unhealthy' | 'unknown';

/** An open circuit, in Unix milliseconds, and for how long it was opened. */
interface Opened {
  since: number;
  until: number;
  lastsMs: number;
}

export interface Circuit {
  blockReason(now: number): BlockReason | undefined;
  state(now: number): 'closed' | 'open' | 'half_open';
  /** When calls are let through again, in Unix milliseconds; `null` when the circuit is closed. */
  halfOpensAt(): number | null;
  /** To be told of a call that begins; with the circuit half open it is the probe. `call` numbers the key's calls upwards. */
  begin(call: number): void;
  /**
   * Believes in what another process found: that it has to be open, or (`null`) that it can be closed. The process that opened it sends the
   * first probe, and this one only where nothing came of that for as long again: of a probe by each process at once, some fails.
   */
  adopt(found: Opened | null, latestCall: number): void;
  /** How it is open; `null` when it is closed. */
  opened(): Opened | null;
  /** `latestCall` is the number of the key's latest call so far. */
  end(call: number, outcome: { health: Health; now: number; latestCall: number }): void;
}

export function createCircuit(): Circuit {
  const breaker = new CountBreaker(weighing);
  let open: (Opened & { foundUntil: number; probe: number | null }) | null = null;
  /** Up to here calls began before the circuit opened; their outcomes are of a time that was already judged. */
  let judgedUpTo = 0;

  function openFor(lastsMs: number, now: number, latestCall: number): void {
    const until = now + lastsMs;
    open = { since: now, until, lastsMs, foundUntil: until, probe: null };
    judgedUpTo = latestCall;
  }

  function endProbe(health: Health, { lastsMs }: { lastsMs: number }, now: number, latestCall: number): void {
    if (health === 'unhealthy') openFor(Math.min(2 * lastsMs, maxOpenMs), now, latestCall);
    if (health !== 'healthy') return;
    breaker.success(CircuitState.HalfOpen);
    open = null;
  }

  return {
    blockReason(now) {
      if (open === null) return undefined;
      if (open.probe !== null) return { cause: 'probe', until: atAnyTime };
      return isWithin(open, now) ? { cause: 'circuit', until: open.until } : undefined;
    },
    state(now) {
      if (open === null) return 'closed';
      return isWithin(open, now) ? 'open' : 'half_open';
    },
    adopt(found, latestCall) {
      if (found === null && open !== null) {
        breaker.success(CircuitState.HalfOpen);
        open = null;
      }
      if (found === null || found.until <= (open?.foundUntil ?? 0)) return;
      open = { ...found, until: found.until + found.lastsMs, foundUntil: found.until, probe: null };
      judgedUpTo = latestCall;
    },
    opened: () => open,
    halfOpensAt: () => open?.until ?? null,
    begin(call) {
      if (open !== null) open.probe = call;
    },
    end(call, { health, now, latestCall }) {
      if (open !== null) {
        if (open.probe !== call) return;
        open.probe = null;
        endProbe(health, open, now, latestCall);
        return;
      }
      if (call <= judgedUpTo) return;
      if (health === 'healthy') breaker.success(CircuitState.Closed);
      if (health === 'unhealthy' && breaker.failure(CircuitState.Closed))
        openFor(firstOpenMs, now, latestCall);
    },
  };
}

/** Not where it lies ahead: the clock was wrong then, and has gone back. */
function isWithin({ since, until }: { since: number; until: number }, now: number): boolean {
  return since <= now && now < until;
}

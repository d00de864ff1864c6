// Whether the database is there. Where a statement fails as it does when the database is away, or is not answered for a while, a connection
// of its own asks. If that fails too, the database is away: what waits is given up, and what comes is refused at once, until it answers again.

import { databaseAway } from '../../../core/errors.ts';
import type { StartTimer } from '../../../lib/timers.ts';
import { isAway, isFull, toStoreError } from './faults.ts';
import { createSilence, type Silence } from './silence.ts';

/** Told to the operator, through whoever opened the database. */
export interface PresenceListener {
  onAway(error: unknown): void;
  onBack(): void;
  /** A statement failed although the database is there; told once in a while. */
  onRefused(error: unknown): void;
}

export interface Presence {
  /**
   * Does work with the database. Rejects with `RequestError` (`overloaded`) where the database is away or refuses to work, and so at the
   * latest when it has been silent for a few seconds.
   */
  whileThere<T>(work: () => Promise<T>): Promise<T>;
  answer: Silence['answer'];
  close(): void;
}

interface PresenceParts {
  /** Asks the database for a sign of life on a connection of its own; rejects within seconds. */
  probe: () => Promise<void>;
  /** Drops the connections that nobody uses: they may be dead too. */
  dropIdle: () => void;
  listener: PresenceListener | undefined;
  startTimer: StartTimer;
}

const probeAgainMs = 500;
const refusedEveryMs = 60_000;

export function createPresence(parts: PresenceParts): Presence {
  const state = createState(parts);
  const silence = createSilence(async () => {
    if (state.away() === null) await state.look(null);
    return state.away() !== null;
  }, parts.startTimer);
  return {
    async whileThere(work) {
      const away = state.away();
      if (away !== null) throw databaseAway(away.cause);
      try {
        return await work();
      } catch (error) {
        if (isAway(error)) void state.look(error);
        throw toStoreError(error);
      }
    },
    answer: silence.answer,
    close() {
      silence.close();
      state.close();
    },
  };
}

/** Whether the database is away, as far as is known, and why. */
function createState({ probe, dropIdle, listener, startTimer }: PresenceParts) {
  let away: { cause: unknown } | null = null;
  let looking: Promise<void> | null = null;
  let isClosed = false;
  let stopProbing = () => {};
  const tellRefused = createRefusals(listener);

  async function lookOnce(fault: unknown): Promise<void> {
    try {
      await probe();
      tellRefused(fault);
    } catch (error) {
      // That no more connections are taken says that it is there.
      if (isFull(error)) tellRefused(fault);
      else leave(error);
    }
  }

  function leave(cause: unknown): void {
    if (isClosed) return;
    away = { cause };
    dropIdle();
    listener?.onAway(cause);
    probeLater();
  }

  function probeLater(): void {
    if (isClosed) return;
    stopProbing = startTimer(() => {
      probe().then(comeBack, (error: unknown) => (isFull(error) ? comeBack() : probeLater()));
    }, probeAgainMs);
  }

  function comeBack(): void {
    if (isClosed) return;
    away = null;
    listener?.onBack();
  }

  return {
    away: () => away,
    /** Finds out whether the database is there: after a fault, or a silence, for which it is `null`. */
    async look(fault: unknown): Promise<void> {
      if (isClosed || away !== null) return;
      looking ??= lookOnce(fault).finally(() => {
        looking = null;
      });
      await looking;
    },
    close() {
      isClosed = true;
      stopProbing();
    },
  };
}

function createRefusals(listener: PresenceListener | undefined): (fault: unknown) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (fault) => {
    if (fault === null || performance.now() - toldAt < refusedEveryMs) return;
    toldAt = performance.now();
    listener?.onRefused(fault);
  };
}

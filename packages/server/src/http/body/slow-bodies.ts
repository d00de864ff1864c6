// Ends bodies that arrive too slowly, because each holds memory and a connection. One timer checks all of them. It counts its own ticks,
// so that a moment in which this process could read nothing is not counted as a client's silence.

import { SlowRequestError } from '../connections/closing-error.ts';

const tickMs = 1_000;

/** Limits on how slowly a body may arrive, in seconds. */
export interface Pace {
  /** Longest time without a byte. */
  silence: number;
  /** Longest time for the whole body. */
  whole: number;
  /** Minimal number of bytes in each window of that many seconds. */
  window: { seconds: number; bytes: number };
}

/** As long as the largest body of a stranger takes a phone with a bad connection; who sends less holds nothing for longer than a window. */
export const strangersPace: Pace = { silence: 5, whole: 120, window: { seconds: 10, bytes: 10 * 2_048 } };
/** A phone with the worst of connections sends some kilobytes a second, with pauses. The whole is what `http/connections/limited-server.ts` allows a request. */
export const keyedPace: Pace = { silence: 30, whole: 300, window: { seconds: 30, bytes: 30 * 1_024 } };

export interface SlowBodies {
  /** Watches a body. `received` gives the bytes so far; `end` is called once, unless the returned function is called before. */
  watch(pace: Pace, received: () => number, end: (reason: SlowRequestError) => void): () => void;
}

/** Calls a function each `ms` until the returned function is called. Keeps no process alive. */
export type Every = (run: () => void, ms: number) => () => void;

const everyInterval: Every = (run, ms) => {
  const timer = setInterval(run, ms).unref();
  return () => clearInterval(timer);
};

interface Watched {
  pace: Pace;
  received: () => number;
  end: (reason: SlowRequestError) => void;
  ticks: number;
  silentTicks: number;
  bytes: number;
  bytesAtWindow: number;
}

export function createSlowBodies(every: Every = everyInterval): SlowBodies {
  const all = new Set<Watched>();
  let stop: (() => void) | undefined;

  function look(): void {
    if (all.size === 0) {
      stop?.();
      stop = undefined;
    }
    for (const watched of all) {
      const reason = tick(watched);
      if (reason === null) continue;
      all.delete(watched);
      watched.end(new SlowRequestError(reason));
    }
  }

  return {
    watch(pace, received, end) {
      const watched: Watched = { pace, received, end, ticks: 0, silentTicks: 0, bytes: 0, bytesAtWindow: 0 };
      all.add(watched);
      stop ??= every(look, tickMs);
      return () => void all.delete(watched);
    },
  };
}

const advice = 'Send it again, or a smaller one.';

/** Counts one more second, and finds the limit that is exceeded; `null` where none is. */
function tick(watched: Watched): string | null {
  const { pace } = watched;
  const bytes = watched.received();
  watched.ticks += 1;
  watched.silentTicks = bytes === watched.bytes ? watched.silentTicks + 1 : 0;
  watched.bytes = bytes;
  if (watched.silentTicks >= pace.silence)
    return `Nothing of the body came for ${pace.silence} seconds. ${advice}`;
  if (watched.ticks >= pace.whole) return `The body did not arrive within ${pace.whole} seconds. ${advice}`;
  if (watched.ticks % pace.window.seconds === 0) {
    if (bytes - watched.bytesAtWindow < pace.window.bytes)
      return `Fewer than ${pace.window.bytes.toLocaleString('en')} bytes of the body came in ${pace.window.seconds} seconds. ${advice}`;
    watched.bytesAtWindow = bytes;
  }
  return null;
}

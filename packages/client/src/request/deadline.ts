// Time limits and pauses that end early when a signal does. AbortSignal.any and AbortSignal.timeout would do some of it, but not on
// every platform that this package runs on, and their timers can't be started again.

/** Calls back once, after so many milliseconds; returns the function that prevents it. */
export type StartTimer = (callback: () => void, ms: number) => () => void;

export interface Deadline {
  /** Aborts when the time is over, or with the reason of the outer signal. */
  readonly signal: AbortSignal;
  /** Whether the time was over before anything else ended it. */
  readonly isOver: boolean;
  /** Starts the time again. */
  restart(): void;
  /** Stops the time until it is started again. */
  stop(): void;
  /** Releases the timer and the outer signal; to be called in every case. */
  end(): void;
}

export interface Deadlines {
  /** `ms` may be `Infinity`. */
  start(ms: number, outer: AbortSignal | undefined): Deadline;
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  pause(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** Node fires timers of more than this at once. */
const maxTimerMs = 2 ** 31 - 1;

export function createDeadlines(startTimer: StartTimer): Deadlines {
  const start = (ms: number, outer: AbortSignal | undefined) => startDeadline(startTimer, ms, outer);
  return {
    start,
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        const deadline = start(ms, signal);
        const finish = () => {
          deadline.end();
          if (signal?.aborted === true) reject(signal.reason as Error);
          else resolve();
        };
        if (deadline.signal.aborted) finish();
        else deadline.signal.addEventListener('abort', finish, { once: true });
      }),
  };
}

/** Deadlines by the platform's own timers. */
export const deadlines: Deadlines = createDeadlines((callback, ms) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
});

function startDeadline(startTimer: StartTimer, ms: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const expire = () => {
    isOver = true;
    controller.abort();
  };
  let stopTimer = startTimer(expire, Math.min(ms, maxTimerMs));
  const follow = () => controller.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });

  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    restart() {
      stopTimer();
      stopTimer = startTimer(expire, Math.min(ms, maxTimerMs));
    },
    stop: () => stopTimer(),
    end() {
      stopTimer();
      outer?.removeEventListener('abort', follow);
    },
  };
}

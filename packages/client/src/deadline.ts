// Time limits and pauses that end early when a signal does. AbortSignal.any and AbortSignal.timeout would do some of it, but not on
// every platform that this package runs on, and their timers can't be put off.

/** Timers of more than this fire at once. */
const maxTimerMs = 2 ** 31 - 1;

export interface Deadline {
  /** Aborts when the time is over, or with the reason of the outer signal. */
  readonly signal: AbortSignal;
  /** Whether the time was over before anything else ended it. */
  readonly isOver: boolean;
  /** Begins the time again. */
  putOff(): void;
  /** Lets go of the timer and of the outer signal; to be called in every case. */
  end(): void;
}

/** `ms` may be `Infinity`. */
export function startDeadline(ms: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  let isOver = false;
  let timer = startTimer();

  function startTimer() {
    return setTimeout(
      () => {
        isOver = true;
        controller.abort();
      },
      Math.min(ms, maxTimerMs),
    );
  }
  const follow = () => controller.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  else outer?.addEventListener('abort', follow, { once: true });

  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    putOff() {
      clearTimeout(timer);
      timer = startTimer();
    },
    end() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', follow);
    },
  };
}

/** Resolves after `ms`; rejects with the signal's reason when that comes first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const { signal: end, end: letGo } = startDeadline(ms, signal);
    const finish = () => {
      letGo();
      if (signal?.aborted === true) reject(signal.reason as Error);
      else resolve();
    };
    if (end.aborted) finish();
    else end.addEventListener('abort', finish, { once: true });
  });
}

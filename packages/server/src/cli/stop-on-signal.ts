// Ctrl-C of a long command.

export interface Stop extends Disposable {
  signal: AbortSignal;
}

/** Aborts at a first signal, so that the command ends after its step and cleans up; a second one ends the process at once. */
export function stopOnSignal(): Stop {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

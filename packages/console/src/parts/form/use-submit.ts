import { type SyntheticEvent, useState } from 'react';

export interface Submit {
  /** Handler for the `submit` of a form or the `click` of a button. */
  submit: (event: SyntheticEvent) => void;
  /** Whether the work goes on; the button is to be off so long. */
  isBusy: boolean;
  /** Failure of the last try; `null` where there was none. */
  error: unknown;
}

/** Hook that runs work when its person asks for it, and keeps what it failed with. */
export function useSubmit(work: () => Promise<unknown>): Submit {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    setBusy(true);
    setError(null);
    work()
      .catch(setError)
      .finally(() => setBusy(false));
  }
  return { submit, isBusy, error };
}

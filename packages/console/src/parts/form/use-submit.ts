import { type SyntheticEvent, useState } from 'react';

export interface Submit {
  /** For the `submit` of a form or the `click` of a button. */
  submit: (event: SyntheticEvent) => void;
  /** Whether the work goes on; the button is to be off so long. */
  isBusy: boolean;
  /** Why the last try failed; `null` where it did not. */
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

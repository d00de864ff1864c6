import type { ReactNode } from 'react';
import { FaultsContext, faultsOf } from './faults.tsx';
import { Problem } from '../notice/problem.tsx';
import { useSubmit } from './use-submit.ts';

/** Fields above the button that submits them, and why that failed; what the server says of a member stands at its field, too. */
export function Form({
  action,
  status,
  onSubmit,
  children,
}: {
  /** Text of the button. */
  action: string;
  /** Result of the last submit, above the button. */
  status?: ReactNode;
  /** Throws what the form shows as the problem. */
  onSubmit: () => Promise<unknown>;
  children: ReactNode;
}) {
  const { submit, isBusy, error } = useSubmit(onSubmit);
  return (
    <form className="stack" onSubmit={submit}>
      <FaultsContext value={faultsOf(error)}>{children}</FaultsContext>
      {error !== null && <Problem error={error} isOnce />}
      {status}
      <div className="row">
        <button type="submit" className="button primary" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  );
}

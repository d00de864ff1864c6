// Asks before something is done that can't be undone.

import type { ReactNode } from 'react';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { useSubmit } from '../form/use-submit.ts';
import { Problem } from '../notice/problem.tsx';
import { Dialog } from './dialog.tsx';

export function Confirm({
  title,
  action,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  /** Text of the button. */
  action: string;
  /** The dialog closes when it resolves, and says why when it does not. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
  children: ReactNode;
}) {
  const say = useWords(controlWords);
  const { submit, isBusy, error } = useSubmit(() => onConfirm().then(onClose));
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">
        {children}
        {error !== null && <Problem error={error} isOnce />}
        <div className="row">
          <button type="button" className="button danger" disabled={isBusy} onClick={submit}>
            {action}
          </button>
          <button type="button" className="button" onClick={onClose}>
            {say('close')}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

// Asks before something is done that can't be undone.

import { type ReactNode, useState } from 'react';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { Dialog } from './dialog.tsx';
import { Problem } from '../notice/problem.tsx';

export function Confirm({
  title,
  action,
  onConfirm,
  onClose,
  children,
}: {
  title: string;
  /** What the button says. */
  action: string;
  /** The dialog closes when it resolves, and says why when it does not. */
  onConfirm: () => Promise<void>;
  onClose: () => void;
  children: ReactNode;
}) {
  const say = useWords(controlWords);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">
        {children}
        {error !== null && <Problem error={error} isOnce />}
        <div className="row">
          <button
            type="button"
            className="button danger"
            disabled={busy}
            onClick={() => {
              setBusy(true);
              onConfirm().then(onClose, (failure: unknown) => {
                setError(failure);
                setBusy(false);
              });
            }}
          >
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

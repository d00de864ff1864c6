// Buttons for the form as a whole: send, show as code, clear, undo.

import type { SubmitBody } from '@plantain/client';
import { CodeButton } from '../../../code/code-button.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { useWords } from '../../../words/words.ts';
import { useClearing } from './use-clearing.ts';
import { playgroundWords } from '../words.ts';

export function FormButtons({
  count,
  describedBy,
  bodyOf,
  onRefilled,
}: {
  /** How many pictures it asks for. */
  count: number;
  /** Id of the element that says why nothing can be sent. */
  describedBy: string;
  /** The request for the first of the pictures. */
  bodyOf: () => SubmitBody;
  /** Called when the form was cleared, and when that was taken back. */
  onRefilled: () => void;
}) {
  const say = useWords(playgroundWords);
  const { clear, undo } = useClearing();
  const withRefill = (work: () => void) => () => {
    work();
    onRefilled();
  };
  return (
    <>
      <div className="row">
        <button type="submit" className="button primary send" aria-describedby={describedBy}>
          <Icon name="wand" />
          {count === 1 ? say('send') : say('sendMany', { count })}
        </button>
        <CodeButton bodyOf={bodyOf} count={count} />
        <button
          type="button"
          className="button bare"
          aria-label={say('clear')}
          title={say('clear')}
          onClick={withRefill(clear)}
        >
          <Icon name="trash" />
        </button>
      </div>
      <p className="cleared" role="status">
        {undo !== undefined && (
          <>
            {say('cleared')}
            <button type="button" className="button small" onClick={withRefill(undo)}>
              {say('undo')}
            </button>
          </>
        )}
      </p>
    </>
  );
}

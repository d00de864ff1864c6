import type { TaskData } from '@plantain/client';
import { useState } from 'react';
import { useWords } from '../../words/words.ts';
import { playgroundWords } from './words.ts';

/** More than this, or more than one line, is folded. */
const maxCharacters = 24;

/** Text that came with the pictures, on one line until it is opened: a line that is there before the text is, so that nothing moves. */
export function RunWords({ task }: { task: TaskData | undefined }) {
  const say = useWords(playgroundWords);
  const [isOpen, setOpen] = useState(false);
  const text = task?.data.description.trim() ?? '';
  const isLong = text.length > maxCharacters || text.includes('\n');
  return (
    <div className="run-words" data-folded={!isOpen}>
      <p>{text}</p>
      {isLong && (
        <button
          type="button"
          className="button bare small"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {say(isOpen ? 'wordsLess' : 'wordsMore')}
        </button>
      )}
    </div>
  );
}

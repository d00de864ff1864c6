import type { TaskData } from '@plantain/client';
import { useState } from 'react';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

/** Longest text that is not folded; it has one line. */
const maxCharacters = 24;

/** Text that came with the pictures, folded to one line. The line is there before the text, so that nothing moves. */
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

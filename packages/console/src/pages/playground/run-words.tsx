import type { TaskData } from '@plantain/client';
import { useState } from 'react';
import { useWords } from '../../words/words.ts';
import { playgroundWords } from './words.ts';

/** More than this is folded. */
const longestCharacters = 240;

/** What the model said beside its pictures; nothing where it said nothing. */
export function RunWords({ task }: { task: TaskData }) {
  const say = useWords(playgroundWords);
  const [isOpen, setOpen] = useState(false);
  const text = task.data.description.trim();
  if (text === '') return null;
  const isLong = text.length > longestCharacters;
  return (
    <div className="run-words">
      <p data-folded={isLong && !isOpen}>{text}</p>
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

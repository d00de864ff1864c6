import { useEffect, useRef, useState } from 'react';
import { taskFacts } from '../../../words/task-facts.ts';
import { useWords } from '../../../words/words.ts';
import type { Tasks } from '../../../live/live-tasks.ts';
import type { Run } from '../requests/runs.ts';
import { playgroundWords } from '../words.ts';

/** Most characters of a prompt that are read aloud. */
const maxCharacters = 60;

/** Announces to screen readers when a request changes its state. Progress is not announced: readers find it on the card. */
export function Announcer({ all, tasks }: { all: readonly Run[]; tasks: Tasks }) {
  const say = useWords(playgroundWords);
  const sayFact = useWords(taskFacts);
  const announced = useRef(new Map<string, string>());
  const [text, setText] = useState('');

  useEffect(() => {
    const changes: string[] = [];
    for (const { taskId, fields } of all) {
      const task = taskId === undefined ? undefined : tasks.get(taskId);
      if (task === undefined) continue;
      const state = task.error?.type === 'cancelled' ? 'cancelled' : task.state;
      const before = announced.current.get(task.task_id);
      announced.current.set(task.task_id, state);
      // The states at the opening of the page are no change.
      if (before !== undefined && before !== state)
        changes.push(
          say('announce', { prompt: fields.prompt.slice(0, maxCharacters), state: sayFact(state) }),
        );
    }
    if (changes.length > 0) setText(changes.join(' '));
  }, [all, tasks, say, sayFact]);

  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  );
}

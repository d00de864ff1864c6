import { useEffect, useRef, useState } from 'react';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import type { Tasks } from '../../live/live-tasks.ts';
import type { Run } from './runs.ts';
import { playgroundWords } from './words.ts';

/** As much of a prompt as somebody wants to hear. */
const maxCharacters = 60;

/** Tells a reader of the screen when a request gets into another state; its progress it can ask for. */
export function Announcer({ all, tasks }: { all: readonly Run[]; tasks: Tasks }) {
  const say = useWords(playgroundWords);
  const sayFact = useWords(taskFacts);
  const told = useRef(new Map<string, string>());
  const [text, setText] = useState('');

  useEffect(() => {
    const news: string[] = [];
    for (const { taskId, fields } of all) {
      const task = taskId === undefined ? undefined : tasks.get(taskId);
      if (task === undefined) continue;
      const state = task.error?.type === 'cancelled' ? 'cancelled' : task.state;
      const before = told.current.get(task.task_id);
      told.current.set(task.task_id, state);
      // What was there when the page was opened is no news.
      if (before !== undefined && before !== state)
        news.push(say('announce', { prompt: fields.prompt.slice(0, maxCharacters), state: sayFact(state) }));
    }
    if (news.length > 0) setText(news.join(' '));
  }, [all, tasks, say, sayFact]);

  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  );
}

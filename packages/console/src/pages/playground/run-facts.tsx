// What a task that has ended was asked for and took, on one line.

import type { TaskData } from '@plantain/client';
import { useFormat } from '../../parts/format.ts';
import { useWords } from '../../words/words.ts';
import type { Run } from './runs.ts';
import { playgroundWords } from './words.ts';

export function RunFacts({ run: { body }, task }: { run: Run; task: TaskData }) {
  const say = useWords(playgroundWords);
  const format = useFormat();
  const seconds = Number(task.update_time) - Number(task.create_time);
  const facts = [
    task.model,
    body.aspect_ratio !== 'auto' && body.aspect_ratio,
    body.image_size,
    body.seed !== undefined && say('seedOf', { seed: body.seed }),
    say('took', { duration: format.elapsed(seconds) }),
    task.cost_micro_usd !== undefined && format.dollars(task.cost_micro_usd),
  ];
  return <p className="muted run-facts">{facts.filter((fact) => typeof fact === 'string').join(' · ')}</p>;
}

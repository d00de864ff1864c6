// What a task was asked for and, once it has ended, what it took, on one line.

import type { TaskData } from '@plantain/client';
import { isFinal } from '../../live-tasks.ts';
import { useFormat } from '../../parts/format.ts';
import { useWords } from '../../words/words.ts';
import type { Run } from './runs.ts';
import { playgroundWords } from './words.ts';

export function RunFacts({ run: { body }, task }: { run: Run; task: TaskData | undefined }) {
  const say = useWords(playgroundWords);
  const format = useFormat();
  const ended = task !== undefined && isFinal(task) ? task : undefined;
  const facts = [
    task?.model ?? body.model,
    body.aspect_ratio !== 'auto' && body.aspect_ratio,
    body.image_size,
    body.seed !== undefined && say('seedOf', { seed: body.seed }),
    ended !== undefined &&
      say('took', { duration: format.elapsed(Number(ended.update_time) - Number(ended.create_time)) }),
    ended?.cost_micro_usd !== undefined && format.dollars(ended.cost_micro_usd),
  ];
  return <p className="muted run-facts">{facts.filter((fact) => typeof fact === 'string').join(' · ')}</p>;
}

// Facts of a run: its parameters, and on a line of its own, empty until the end, its duration and cost.

import type { TaskData } from '@plantain/client';
import { isFinal } from '../../../live/live-tasks.ts';
import { costOf } from '../../../parts/task/cost.ts';
import { useFormat } from '../../../parts/format/format.ts';
import { useWords } from '../../../words/words.ts';
import type { Run } from '../requests/runs.ts';
import { playgroundWords } from '../words.ts';

export function RunFacts({ run: { body }, task }: { run: Run; task: TaskData | undefined }) {
  const say = useWords(playgroundWords);
  const format = useFormat();
  const asked = [
    task?.model ?? body.model,
    body.aspect_ratio !== 'auto' && body.aspect_ratio,
    body.image_size,
    body.seed !== undefined && say('seedOf', { seed: body.seed }),
  ];
  const ended = task !== undefined && isFinal(task) ? task : undefined;
  const cost = ended === undefined ? undefined : costOf(ended);
  const took = ended !== undefined && [
    say('took', { duration: format.elapsed(Number(ended.update_time) - Number(ended.create_time)) }),
    cost !== undefined && format.dollars(cost),
  ];
  return (
    <div className="muted run-facts">
      <p>{joined(asked)}</p>
      <p className="run-took">{took !== false && joined(took)}</p>
    </div>
  );
}

function joined(facts: readonly (string | false | undefined)[]): string {
  return facts.filter((fact) => typeof fact === 'string').join(' · ');
}

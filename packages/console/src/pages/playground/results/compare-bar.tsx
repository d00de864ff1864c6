import { Suspense, useState } from 'react';
import { lazyPage } from '../../../lazy-page.ts';
import { isExpired, picturesOf } from '../../../parts/picture/links.ts';
import { useWords } from '../../../words/words.ts';
import type { Compared } from './compare.tsx';
import type { Tasks } from '../../../live/live-tasks.ts';
import type { Run } from '../requests/runs.ts';
import { playgroundWords } from '../words.ts';

const Compare = lazyPage(() => import('./compare.tsx'));

/** Button that opens the comparison of the ticked requests, or a hint where one alone is ticked. */
export function CompareBar({
  chosen,
  tasks,
  onNone,
}: {
  chosen: readonly Run[];
  tasks: Tasks;
  onNone: () => void;
}) {
  const say = useWords(playgroundWords);
  const [open, setOpen] = useState(false);
  const compared = chosen.flatMap(({ taskId = '', fields, body }): Compared[] => {
    const task = tasks.get(taskId);
    if (task === undefined || isExpired(task)) return [];
    const facts = [task.model, body.seed !== undefined && say('seedOf', { seed: body.seed })]
      .filter((fact) => typeof fact === 'string')
      .join(' · ');
    return picturesOf(task, fields.prompt).map((picture) => ({ picture, prompt: fields.prompt, facts }));
  });
  if (compared.length === 0) return null;
  return (
    <>
      {compared.length === 1 ? (
        <p className="muted">{say('compareHint')}</p>
      ) : (
        <button type="button" className="button small primary" onClick={() => setOpen(true)}>
          {say('compareNow', { count: compared.length })}
        </button>
      )}
      <button type="button" className="button small" onClick={onNone}>
        {say('compareNone')}
      </button>
      {open && (
        <Suspense>
          <Compare compared={compared} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

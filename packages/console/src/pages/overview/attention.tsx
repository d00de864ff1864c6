// Says above everything else what somebody has to look after now; nothing where all is well.

import type { OverviewDisk, UpstreamData } from '@plantain/client';
import { useId } from 'react';
import { Icon } from '../../parts/icon.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { type Trouble, troublesOf } from './troubles.ts';
import { overviewWords } from './words.ts';

export function Attention({ disk, upstreams }: { disk: OverviewDisk; upstreams: readonly UpstreamData[] }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const heading = useId();
  const troubles = troublesOf(disk, upstreams);
  if (troubles.length === 0) return null;
  const describe = (trouble: Trouble) => {
    if (trouble.kind !== 'upstream') return say(trouble.kind, { limit: format.bytes(disk.min_free_bytes) });
    const { upstream, of } = trouble;
    const states = [...new Set(trouble.states)].map((state) => say(`state_${state}`)).join(say('comma'));
    return of === 1
      ? say('upstreamTrouble', { upstream, states })
      : say('upstreamKeysTrouble', { upstream, states, count: trouble.states.length, of });
  };
  return (
    <section className="problem away attention" aria-labelledby={heading}>
      <Icon name="warn" />
      <div>
        <h2 id={heading}>{say('attention')}</h2>
        <ul>
          {troubles.map((trouble) => (
            <li key={trouble.kind === 'upstream' ? trouble.upstream : trouble.kind}>{describe(trouble)}</li>
          ))}
        </ul>
      </div>
    </section>
  );
}

// Instead of plots, where nothing came, ended or is open in the time that is shown: what would be here, and how it comes.

import { Link } from 'wouter';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useWords } from '../../words/words.ts';
import type { Range } from './ranges.ts';
import { overviewWords } from './words.ts';

export function Quiet({ range }: { range: Range }) {
  const say = useWords(overviewWords);
  return (
    <div className="card">
      <Empty icon="chart" title={say(`quiet_${range}`)}>
        <p>{say('emptyText')}</p>
        <div className="row">
          <Link href="/playground" className="button primary">
            <Icon name="wand" />
            {say('toPlayground')}
          </Link>
          <a href="docs" className="button">
            <Icon name="code" />
            {say('toReference')}
          </a>
        </div>
      </Empty>
    </div>
  );
}

import { Link } from 'wouter';
import { Empty } from '../parts/empty.tsx';
import { commonWords } from '../words/common.ts';
import { useWords } from '../words/words.ts';

export function NothingHere() {
  const say = useWords(commonWords);
  return (
    <Empty icon="search" title={say('notHere')}>
      <Link className="button" href="/playground">
        {say('playground')}
      </Link>
    </Empty>
  );
}

import { Link } from 'wouter';
import { Empty } from '../parts/notice/empty.tsx';
import { commonWords } from '../words/common.ts';
import { useWords } from '../words/words.ts';

export function NothingHere() {
  const say = useWords(commonWords);
  return <Nothing title={say('notHere')} />;
}

/** In place of a page that other keys do not have. */
export function AdminsOnly() {
  const say = useWords(commonWords);
  return <Nothing title={say('adminsOnly')} />;
}

function Nothing({ title }: { title: string }) {
  const say = useWords(commonWords);
  return (
    <Empty icon="search" title={title} isPage>
      <Link className="button" href="/playground">
        {say('playground')}
      </Link>
    </Empty>
  );
}

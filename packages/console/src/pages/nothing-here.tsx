import { Link } from 'wouter';
import { Empty } from '../parts/notice/empty.tsx';
import { pageFaultWords } from '../words/page-faults.ts';
import { pageNames } from '../words/page-names.ts';
import { useWords } from '../words/words.ts';

export function NothingHere() {
  const say = useWords(pageFaultWords);
  return <Nothing title={say('notHere')} />;
}

/** Notice in place of a page that only administrators have. */
export function AdminsOnly() {
  const say = useWords(pageFaultWords);
  return <Nothing title={say('adminsOnly')} />;
}

function Nothing({ title }: { title: string }) {
  const sayPage = useWords(pageNames);
  return (
    <Empty icon="search" title={title} isPage>
      <Link className="button" href="/playground">
        {sayPage('playground')}
      </Link>
    </Empty>
  );
}

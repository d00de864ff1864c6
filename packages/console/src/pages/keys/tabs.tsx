// The pages on who may use the server: its keys, their owners, and what was done by whom.

import { Link, useLocation } from 'wouter';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';

const tabs = [
  { path: '/keys', name: 'keys' },
  { path: '/keys/owners', name: 'owners' },
  { path: '/keys/audit', name: 'audit' },
] as const;

export function KeysTabs() {
  const say = useWords(pageNames);
  const [location] = useLocation();
  return (
    <nav className="row tabs" aria-label={say('keys')}>
      {tabs.map(({ path, name }) => (
        <Link
          key={path}
          href={path}
          className="button small"
          aria-current={path === location ? 'page' : undefined}
        >
          {say(name)}
        </Link>
      ))}
    </nav>
  );
}

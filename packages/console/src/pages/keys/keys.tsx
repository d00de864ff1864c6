// The keys of the server: who each is of, what it may do and spend; made, changed, rolled and revoked.

import type { KeyData } from '@plantain/client';
import { useCallback, useState } from 'react';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { SearchField } from '../../parts/form/search-field.tsx';
import { runsOpen, useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';
import { KeyDialog, type OpenKeyDialog } from './key-dialog.tsx';
import { KeyList } from './key-list.tsx';
import { KeysTabs } from './tabs.tsx';
import { useKeyChoices } from './use-key-choices.ts';
import { keysWords } from './words.ts';
import './keys.css';

/** Number of keys that are seen at once: more can be searched. */
const fewKeys = 8;

export default function Keys() {
  const { me } = useSession();
  return runsOpen(me) ? <NoKeys /> : <ManagedKeys />;
}

/** Notice on a server that runs open, where these calls are refused. */
function NoKeys() {
  const say = useWords(keysWords);
  const sayPage = useWords(pageNames);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('keys')}</h1>
      </div>
      <Empty icon="key" title={say('noneTitle')}>
        <p>{say('noneText')}</p>
      </Empty>
    </div>
  );
}

function ManagedKeys() {
  const say = useWords(keysWords);
  const sayPage = useWords(pageNames);
  const { client } = useSession();
  const keys = useLoad(useCallback((signal: AbortSignal) => client.admin.keys.list({ signal }), [client]));
  const choices = useKeyChoices();
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<OpenKeyDialog | null>(null);
  const replace = (changed: KeyData) =>
    keys.replace((all) => all.map((key) => (key.key_id === changed.key_id ? changed : key)));

  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('keys')}</h1>
        <button type="button" className="button primary" onClick={() => setOpen({ kind: 'new' })}>
          <Icon name="plus" />
          {say('make')}
        </button>
      </div>
      <KeysTabs />
      <p className="muted">{say('intro')}</p>
      {keys.error !== undefined && <Problem error={keys.error} onRetry={keys.reload} />}
      {keys.value === undefined && keys.error === undefined && <Loading />}
      {keys.value !== undefined && (
        <>
          {keys.value.length > fewKeys && (
            <search>
              <SearchField
                label={say('search')}
                hint={say('searchHint')}
                value={search}
                onChange={setSearch}
              />
            </search>
          )}
          <KeyList keys={keys.value} owners={choices.owners} search={search} onOpen={setOpen} />
        </>
      )}
      {open !== null && (
        <KeyDialog
          open={open}
          choices={choices}
          onClose={() => setOpen(null)}
          onMade={keys.reload}
          onChange={replace}
        />
      )}
    </div>
  );
}

// The owners of keys: made, changed and deleted, with what is left of their budgets.

import type { OwnerData, OwnersData } from '@plantain/client';
import { useCallback, useState } from 'react';
import { Icon } from '../../../parts/icon.tsx';
import { Empty } from '../../../parts/notice/empty.tsx';
import { Loading } from '../../../parts/notice/loading.tsx';
import { Problem } from '../../../parts/notice/problem.tsx';
import { useSession } from '../../../session.tsx';
import { usePages } from '../../../use-pages.ts';
import { controlWords } from '../../../words/controls.ts';
import { pageNames } from '../../../words/page-names.ts';
import { useWords } from '../../../words/words.ts';
import { KeysTabs } from '../tabs.tsx';
import { type OpenOwnerDialog, OwnerDialog } from './owner-dialog.tsx';
import { OwnerList } from './owner-list.tsx';
import { ownersWords } from './words.ts';
import '../keys.css';

const ownersOf = ({ owners }: OwnersData): OwnerData[] => owners;

export default function Owners() {
  const say = useWords(ownersWords);
  const sayPage = useWords(pageNames);
  const sayControl = useWords(controlWords);
  const { client } = useSession();
  const open = useCallback(
    (signal: AbortSignal) => client.admin.owners.list({}, { signal }).pages(),
    [client],
  );
  const { value, error, reload, more } = usePages(open, ownersOf);
  const [dialog, setDialog] = useState<OpenOwnerDialog | null>(null);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('owners')}</h1>
        <button type="button" className="button primary" onClick={() => setDialog({ kind: 'new' })}>
          <Icon name="plus" />
          {say('make')}
        </button>
      </div>
      <KeysTabs />
      <p className="muted">{say('intro')}</p>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value?.items.length === 0 && (
        <Empty icon="person" title={say('noneTitle')}>
          <p>{say('noneText')}</p>
        </Empty>
      )}
      {value !== undefined && value.items.length > 0 && <OwnerList owners={value.items} onOpen={setDialog} />}
      {value?.isComplete === false && (
        <div className="row">
          <button type="button" className="button" onClick={more}>
            {sayControl('more')}
          </button>
        </div>
      )}
      {dialog !== null && <OwnerDialog open={dialog} onClose={() => setDialog(null)} onDone={reload} />}
    </div>
  );
}

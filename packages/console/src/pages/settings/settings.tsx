// The settings in force, in groups: what each is, what it is set to and by what, and how to change it.

import type { SettingData } from '@plantain/client';
import { useCallback } from 'react';
import { Empty } from '../../parts/notice/empty.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { SearchField } from '../../parts/form/search-field.tsx';
import { usePreferences } from '../../preferences.tsx';
import { useSession } from '../../session.tsx';
import { createStored, useStoredState } from '../../stored.ts';
import { useLoad } from '../../use-load.ts';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';
import { explain } from './explain.ts';
import { groupSettings } from './groups.ts';
import { matchSettings } from './match-settings.ts';
import { SettingGroups } from './setting-groups.tsx';
import { settingsWords } from './words.ts';
import './settings.css';

const sought = createStored('plantain.settings.sought.1', { search: '', onlySet: false });

export default function Settings() {
  const say = useWords(settingsWords);
  const sayPage = useWords(pageNames);
  const { client } = useSession();
  const { value, error, reload } = useLoad(
    useCallback((signal: AbortSignal) => client.admin.settings({ signal }), [client]),
  );
  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('settings')}</h1>
      </div>
      <p className="muted">{say('intro')}</p>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value !== undefined && <Searched settings={value.settings} />}
    </div>
  );
}

function Searched({ settings }: { settings: readonly SettingData[] }) {
  const say = useWords(settingsWords);
  const { language } = usePreferences();
  const [{ search, onlySet }, setSought] = useStoredState(sought);
  const setSearch = (text: string) => setSought({ search: text, onlySet });
  const setOnlySet = (only: boolean) => setSought({ search, onlySet: only });
  const found = matchSettings(settings, {
    search,
    onlySet,
    explain: (setting) => explain(setting, language).text,
  });
  const setCount = settings.filter(({ source }) => source !== 'default').length;
  return (
    <>
      <search className="setting-search">
        <SearchField label={say('search')} hint={say('searchHint')} value={search} onChange={setSearch} />
        <label>
          <input type="checkbox" checked={onlySet} onChange={({ target }) => setOnlySet(target.checked)} />
          {say('changed', { count: setCount })}
        </label>
        <span className="muted" role="status">
          {found.length < settings.length && say('found', { count: found.length, all: settings.length })}
        </span>
      </search>
      {found.length === 0 ? (
        <Empty icon="search" title={say('noneTitle')}>
          <p>{say('noneText')}</p>
        </Empty>
      ) : (
        <SettingGroups groups={groupSettings(found)} />
      )}
    </>
  );
}

// The settings in force: what each is, who set it, and how to change it.

import type { SettingData } from '@plantain/client';
import { useCallback, useId, useState } from 'react';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import { matchSettings, piecesOf, showValue } from './match-settings.ts';
import { settingsWords } from './words.ts';
import './settings.css';

export default function Settings() {
  const say = useWords(settingsWords);
  const common = useWords(commonWords);
  const { client } = useSession();
  const loaded = useLoad(useCallback((signal: AbortSignal) => client.admin.settings({ signal }), [client]));
  const [search, setSearch] = useState('');
  const [onlySet, setOnlySet] = useState(false);
  const id = useId();
  const all = loaded.value?.settings;
  const found = all && matchSettings(all, { search, onlySet });

  return (
    <div className="page">
      <div className="page-head">
        <h1>{common('settings')}</h1>
      </div>
      <p className="muted">{say('intro')}</p>
      <div className="row settings-search" role="search">
        <div className="field">
          <label htmlFor={id}>{say('search')}</label>
          <input id={id} type="search" value={search} onChange={({ target }) => setSearch(target.value)} />
        </div>
        <label className="row">
          <input type="checkbox" checked={onlySet} onChange={({ target }) => setOnlySet(target.checked)} />
          {say('changed')}
        </label>
      </div>
      {loaded.error !== undefined && <Problem error={loaded.error} onRetry={loaded.reload} />}
      {loaded.value === undefined && loaded.error === undefined && <Loading />}
      {found?.length === 0 && (
        <Empty icon="search" title={say('noneTitle')}>
          <p>{say('noneText')}</p>
        </Empty>
      )}
      {found !== undefined && found.length > 0 && (
        <ul className="settings">
          {found.map((setting) => (
            <li key={setting.name} className="card setting">
              <Setting setting={setting} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Setting({ setting }: { setting: SettingData }) {
  const say = useWords(settingsWords);
  const { name, source, set_by: setBy, variable, about } = setting;
  return (
    <>
      <div className="stack">
        <h2>
          <code>{name}</code>
        </h2>
        <p className="muted" lang="en">
          {piecesOf(about).map((piece, index) =>
            // Pieces stay where they are, so their place names them.
            index % 2 === 1 ? <code key={`${index} ${piece}`}>{piece}</code> : piece,
          )}
        </p>
      </div>
      <div className="setting-value">
        <Value of={setting} />
        <span className="badge" data-state={source === 'default' ? undefined : 'good'}>
          {setBy === null ? say('isDefault') : say('setBy', { source: setBy })}
        </span>
        {source !== 'default' && setting.default !== undefined && (
          <span className="muted">{say('defaultIs', { value: showValue(setting.default) })}</span>
        )}
        {variable !== null && <CopyButton text={variable} label={variable} />}
      </div>
    </>
  );
}

function Value({ of: { value, is_hidden: isHidden } }: { of: SettingData }) {
  const say = useWords(settingsWords);
  if (value === undefined) return <span className="muted">{say(isHidden ? 'hidden' : 'unset')}</span>;
  const shown = showValue(value);
  return shown.includes('\n') ? <pre tabIndex={0}>{shown}</pre> : <code>{shown}</code>;
}

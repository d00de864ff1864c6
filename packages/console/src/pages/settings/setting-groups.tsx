// The groups one below another, and a list of them that leads to each: beside them where there is room, else in a row above.

import { useId } from 'react';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import type { SettingGroup } from './groups.ts';
import { SettingRow } from './setting-row.tsx';
import { settingsWords } from './words.ts';

export function SettingGroups({ groups }: { groups: readonly SettingGroup[] }) {
  const say = useWords(settingsWords);
  const format = useFormat();
  const id = useId();
  const headingOf = (name: string) => `${id}-${name}`;
  // Not links: what stands behind the # of the address is the page.
  const lead = (name: string) => {
    const heading = document.getElementById(headingOf(name));
    heading?.focus({ preventScroll: true });
    heading?.scrollIntoView({ block: 'start' });
  };
  return (
    <div className="setting-columns">
      <nav className="setting-nav" aria-label={say('groups')}>
        <ul>
          {groups.map(({ name, settings }) => (
            <li key={name}>
              <button type="button" onClick={() => lead(name)}>
                {say(`group_${name}`)} <span className="muted">{format.number(settings.length)}</span>
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <div className="setting-groups">
        {groups.map(({ name, settings }) => (
          <section key={name} aria-labelledby={headingOf(name)}>
            <h2 id={headingOf(name)} tabIndex={-1}>
              {say(`group_${name}`)}
            </h2>
            <ul className="card setting-list">
              {settings.map((setting) => (
                <SettingRow key={setting.name} setting={setting} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

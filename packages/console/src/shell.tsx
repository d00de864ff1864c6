// The frame around every page: the navigation, the account and the preferences.

import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useLocation } from 'wouter';
import { Choice } from './parts/form/choice.tsx';
import { Icon, type IconName } from './parts/icon.tsx';
import { languages, themes, usePreferences } from './preferences.tsx';
import { Problem } from './parts/notice/problem.tsx';
import { useSubmit } from './parts/form/use-submit.ts';
import { runsOpen, useSession } from './session.tsx';
import { shellWords } from './shell-words.ts';
import { pageNames } from './words/page-names.ts';
import { useWords } from './words/words.ts';

const pages = [
  { path: '/playground', name: 'playground', icon: 'wand', admin: false },
  { path: '/tasks', name: 'tasks', icon: 'list', admin: false },
  { path: '/gallery', name: 'gallery', icon: 'grid', admin: false },
  { path: '/webhooks', name: 'webhooks', icon: 'hook', admin: false },
  { path: '/overview', name: 'overview', icon: 'chart', admin: true },
  { path: '/keys', name: 'keys', icon: 'key', admin: true },
  { path: '/settings', name: 'settings', icon: 'sliders', admin: true },
] as const satisfies readonly { path: string; name: string; icon: IconName; admin: boolean }[];

export function Shell({ children }: { children: ReactNode }) {
  const say = useWords(shellWords);
  const sayPage = useWords(pageNames);
  const { me } = useSession();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const here = pages.find(({ path }) => location.startsWith(path));

  // A reader of the screen hears where it is; the first page keeps the focus that it came with.
  const before = useRef(location);
  useEffect(() => {
    document.title = here === undefined ? 'Plantain' : `${sayPage(here.name)} · Plantain`;
    if (before.current !== location) main.current?.focus({ preventScroll: true });
    before.current = location;
  }, [location, here, sayPage]);

  return (
    <div className="shell">
      <a
        className="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {say('skip')}
      </a>
      <header className="side">
        <Link href="/playground" className="brand">
          <Icon name="plantain" />
          <span>Plantain</span>
        </Link>
        <nav aria-label={say('menu')}>
          {pages
            .filter(({ admin }) => !admin || me.role === 'admin')
            .map(({ path, name, icon }) => (
              <Link
                key={path}
                href={path}
                className="place"
                aria-current={path === here?.path ? 'page' : undefined}
              >
                <Icon name={icon} />
                <span>{sayPage(name)}</span>
              </Link>
            ))}
        </nav>
        <PersonMenu />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

/** Menu with the account, its preferences and the way out; closes on Escape and on a press beside it. */
function PersonMenu() {
  const say = useWords(shellWords);
  const sayPage = useWords(pageNames);
  const { me, signOut } = useSession();
  const { submit: leave, error } = useSubmit(() => signOut());
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = ({ target }: PointerEvent) => {
      if (menu.current !== null && !menu.current.contains(target as Node)) menu.current.open = false;
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, []);
  return (
    <details
      ref={menu}
      className="person"
      onKeyDown={({ key, currentTarget }) => {
        if (key !== 'Escape') return;
        currentTarget.open = false;
        currentTarget.querySelector('summary')?.focus();
      }}
    >
      <summary aria-label={say('account', { name: me.name })}>
        <Icon name="person" />
        <span>{me.name}</span>
      </summary>
      <div className="person-menu">
        <Choices />
        {me.hint !== '' && <p className="muted">{me.hint}…</p>}
        <Link href="/account" className="button" onClick={() => menu.current?.removeAttribute('open')}>
          {sayPage('account')}
        </Link>
        {!runsOpen(me) && (
          <button type="button" className="button" onClick={leave}>
            {say('signOut')}
          </button>
        )}
        {error !== null && <Problem error={error} isOnce />}
      </div>
    </details>
  );
}

const languageNames = { en: 'English', zh: '中文' } as const;

/** Language and colours; also on the page where one signs in. */
export function Choices() {
  const say = useWords(shellWords);
  const { language, theme, setLanguage, setTheme } = usePreferences();
  return (
    <div className="choices">
      <label>
        <span>{say('language')}</span>
        <Choice
          value={language}
          options={languages.map((each) => [each, languageNames[each]])}
          onChange={setLanguage}
        />
      </label>
      <label>
        <span>{say('theme')}</span>
        <Choice
          value={theme}
          options={themes.map((each) => [each, say(`theme_${each}`)])}
          onChange={setTheme}
        />
      </label>
    </div>
  );
}

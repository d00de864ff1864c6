// Preferences of the person: language and colours. Stored in this browser only.

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];
export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

interface Preferences {
  language: Language;
  theme: Theme;
  setLanguage: (language: Language) => void;
  setTheme: (theme: Theme) => void;
}

const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (preferences === null) throw new Error('usePreferences is used outside of its provider.');
  return preferences;
}

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(
    () => stored('language', languages) ?? browserLanguage(),
  );
  const [theme, setTheme] = useState<Theme>(() => stored('theme', themes) ?? 'system');

  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    localStorage.setItem('plantain.language', language);
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem('plantain.theme', theme);
  }, [theme]);

  const value = useMemo(() => ({ language, theme, setLanguage, setTheme }), [language, theme]);
  return <PreferencesContext value={value}>{children}</PreferencesContext>;
}

function stored<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
  const found = localStorage.getItem(`plantain.${name}`);
  return values.find((value) => value === found);
}

function browserLanguage(): Language {
  return navigator.languages.some((language) => language.toLowerCase().startsWith('zh')) ? 'zh' : 'en';
}

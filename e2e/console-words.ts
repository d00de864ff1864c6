// The words that the console itself says, so that the tests look for what a person reads.

import type { Language } from './console-browser.ts';

type Words = Readonly<Record<Language, Readonly<Record<string, string>>>>;

const files = {
  shell: 'shell-words.ts',
  pageNames: 'words/page-names.ts',
  pageFault: 'words/page-faults.ts',
  control: 'words/controls.ts',
  taskFacts: 'words/task-facts.ts',
  code: 'code/words.ts',
  failure: 'words/failures.ts',
  change: 'words/failures.ts',
  failureFrame: 'words/failures.ts',
  failureNames: 'words/failure-names.ts',
  refusal: 'words/refusals.ts',
  secret: 'words/secret.ts',
  signIn: 'pages/sign-in-words.ts',
  playground: 'pages/playground/words.ts',
  tasks: 'pages/tasks/words.ts',
  gallery: 'pages/gallery/words.ts',
  webhooks: 'pages/webhooks/words.ts',
  overview: 'pages/overview/words.ts',
  keys: 'pages/keys/words.ts',
  account: 'pages/account/words.ts',
  owners: 'pages/keys/owners/words.ts',
  audit: 'pages/keys/audit/words.ts',
  act: 'pages/keys/audit/words.ts',
  limited: 'parts/limited/words.ts',
  settings: 'pages/settings/words.ts',
} as const;

type Page = keyof typeof files;
export type Say = (page: Page, key: string, values?: Readonly<Record<string, string | number>>) => string;

/** Throws for words that there are not. */
export async function wordsIn(language: Language): Promise<Say> {
  // Not imported by name: the console is checked with types of its own, those of a browser.
  const loaded = await Promise.all(
    Object.entries(files).map(async ([page, file]) => {
      const path = `../packages/console/src/${file}`;
      const module = (await import(/* @vite-ignore */ path)) as Record<string, Words>;
      return [page, (module[`${page}Words`] ?? module[page])?.[language]] as const;
    }),
  );
  const words = new Map(loaded);
  return (page, key, values = {}) => {
    const text = words.get(page)?.[key];
    if (text === undefined) throw new Error(`The console has no words "${key}" on the page "${page}".`);
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  };
}

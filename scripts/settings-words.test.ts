import { expect, test } from 'vitest';
import { explanationsZh } from '../packages/console/src/pages/settings/explanations-zh.ts';
import { settings } from '../packages/server/src/config/settings.ts';

const names = Object.keys(settings);
const explained = Object.values(explanationsZh).flatMap((texts) => Object.entries<string>(texts));

test('the console explains every setting in Chinese and has one group for it, and none for what there is not', () => {
  expect(explained.map(([name]) => name).toSorted()).toEqual(names.toSorted());
});

test('what is code in English is code in Chinese', () => {
  expect(names.length).toBeGreaterThan(50);
  const codeIn = (text: string) => text.split('`').filter((_, index) => index % 2 === 1);
  for (const [name, { about }] of Object.entries(settings)) {
    const [, chinese = ''] = explained.find(([each]) => each === name) ?? [];
    expect(codeIn(chinese), name).toEqual(expect.arrayContaining(codeIn(about)));
  }
});

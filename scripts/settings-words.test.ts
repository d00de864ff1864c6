import { expect, test } from 'vitest';
import { explanationsZh } from '../packages/console/src/pages/settings/explanations-zh.ts';
import { groups } from '../packages/console/src/pages/settings/groups.ts';
import { settings } from '../packages/server/src/config/settings.ts';

const names = Object.keys(settings);

test('the console explains every setting in Chinese, and none that there is not', () => {
  expect(Object.keys(explanationsZh)).toEqual(names);
});

test('the console has a group for every setting, one for each, and none for what there is not', () => {
  expect(Object.values(groups).flat().toSorted()).toEqual(names.toSorted());
});

test('what is code in English is code in Chinese', () => {
  expect(names.length).toBeGreaterThan(50);
  const codeIn = (text: string) => text.split('`').filter((_, index) => index % 2 === 1);
  for (const [name, { about }] of Object.entries(settings)) {
    const chinese = explanationsZh[name] ?? '';
    expect(codeIn(chinese), name).toEqual(expect.arrayContaining(codeIn(about)));
  }
});

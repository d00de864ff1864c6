import { expect, test } from 'vitest';
import { failureTypes } from './failure-names.ts';
import { changeWords, failureFrameWords } from './failures.ts';
import { sayIn, type Words } from './words.ts';

/** Every table of words in the console. */
const tables = import.meta.glob<Record<string, unknown>>(
  ['./*.ts', '../**/*words.ts', '../pages/settings/explanations-zh.ts', '!./*.test.ts'],
  { eager: true },
);
/** Groups of texts as one table. */
const inOne = (groups: unknown) => Object.assign({}, ...Object.values(groups as object)) as unknown;
const wordsIn = (language: 'en' | 'zh') =>
  Object.entries(tables).flatMap(([file, module]) =>
    Object.values(module).flatMap((table) => {
      // The explanations of the settings have no English: that is the server's own.
      const words = (file.endsWith('-zh.ts') ? { zh: inOne(table) } : table) as Partial<Words<string>>;
      return Object.entries(words[language] ?? {}).map(([key, text]) => ({ at: `${file} ${key}`, text }));
    }),
  );
const saying = (language: 'en' | 'zh', pattern: RegExp) =>
  wordsIn(language)
    .filter(({ text }) => pattern.test(text))
    .map(({ at, text }) => `${at}: ${text}`);

test('values stand where their names do, and a name without a value stays', () => {
  expect(sayIn({ place: 'Place {place} of {count}' }, 'place', { place: 3 })).toBe('Place 3 of {count}');
});

test('what there are no words for is said as it is called', () => {
  expect(sayIn({}, 'budget_exceeded')).toBe('budget_exceeded');
});

test('what makes the pictures is the upstream, in every table and in both languages', () => {
  expect(wordsIn('en').length).toBeGreaterThan(400);
  expect(wordsIn('zh').length).toBeGreaterThan(wordsIn('en').length);
  expect(saying('en', /provider|supplier|vendor|\bbackend/i)).toEqual([]);
  expect(saying('zh', /服务商|供应商|提供商|提供方/)).toEqual([]);
  const ofModel = /model (refused|answered|did|failed)|模型(拒绝|回答|返回|没有)/i;
  expect([...saying('en', ofModel), ...saying('zh', ofModel)]).toEqual([]);
});

test('a prompt has one name in Chinese', () => {
  expect(saying('zh', /提示(?!词)|咒语|描述词|指令词/)).toEqual([]);
  expect(saying('zh', /提示词/).length).toBeGreaterThan(3);
});

test('an answer and a deadline have one name in Chinese', () => {
  expect(saying('zh', /回答|答复|回复|时限/)).toEqual([]);
  expect(saying('zh', /响应/).length).toBeGreaterThan(3);
  expect(saying('zh', /超时时间/).length).toBeGreaterThan(1);
});

test('only a failure that another try may mend is advised to be tried again', () => {
  const again = /try again|重试|再试/i;
  for (const language of ['en', 'zh'] as const) {
    for (const type of failureTypes) expect(changeWords[language][type], type).not.toMatch(again);
    expect(failureFrameWords[language].again).toMatch(again);
    expect(failureFrameWords[language].againSoon).toMatch(again);
  }
});

import { expect, test } from 'vitest';
import { errorWords } from './error-words.ts';

test.each<[unknown, string]>([
  ['No.', 'No.'],
  [{ detail: 'No.' }, 'No.'],
  [{ detail: ['No.', 'Never.'] }, 'No. Never.'],
  [{ detail: [{ loc: ['body'], msg: 'No.', type: 'a' }, { msg: 'Never.' }] }, 'No. Never.'],
  [{ detail: { msg: 'No.' } }, 'No.'],
  [{ error: { message: 'No.', code: 7 } }, 'No.'],
  [{ title: 'Short', detail: 'No.', status: 402 }, 'No.'],
  [{ msg: '', errorMessage: 'No.' }, 'No.'],
  [{ code: -1, failReason: 'No.' }, 'No.'],
  [{ detail: { error: { errors: [{ message: 'No.' }] } } }, 'No.'],
  [{ title: 'Short' }, 'Short'],
  [null, ''],
  [{ detail: 7, error: [] }, ''],
])('%j says %j', (error, words) => {
  expect(errorWords(error)).toBe(words);
});

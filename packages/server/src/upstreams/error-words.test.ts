import { expect, test } from 'vitest';
import { bodyWords } from './error-words.ts';

test.each([
  ['{"message":"API rate limit exceeded"}', 'API rate limit exceeded'],
  ['{"error":{"errors":[{"detail":"No."}]}}', 'No.'],
  ['{}', ''],
  ['error code: 1015', 'error code: 1015'],
  ['<html><head><title>502 Bad Gateway</title></head></html>', '502 Bad Gateway'],
  ['<!doctype html>\n<title lang="en">\n Just a moment...\n</title>', 'Just a moment...'],
  ['<html><body>Welcome</body></html>', ''],
  ['<title', ''],
  ['', ''],
])('the body %s says %j', (body, words) => {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  expect(bodyWords({ json, bytes: Buffer.from(body) })).toBe(words);
});

test('bytes that are no text say nothing', () => {
  expect(bodyWords({ json: undefined, bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0x10]) })).toBe('');
  expect(bodyWords({ json: undefined })).toBe('');
});

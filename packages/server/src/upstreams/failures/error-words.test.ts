import { expect, test } from 'vitest';
import { bodyWords } from './error-words.ts';

test.each([
  ['{"message":"API rate limit exceeded"}', 'API rate limit exceeded'],
  ['{"error":{"errors":[{"detail":"No."}]}}', 'No.'],
  ['{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}', 'insufficient balance'],
  ['{"Response":{"Error":{"Code":"AuthFailure","Message":"No."}}}', 'No.'],
  ['{"output":{"task_status":"FAILED","message":"No."}}', 'No.'],
  ['{"choices":[{"error":{"message":"No."}}]}', 'No.'],
  ['{"failure_reason":"output_moderation","error":""}', 'output_moderation'],
  ['{"error_msg":"No."}', 'No.'],
  ['{"errors":["No.","Never."]}', 'No. Never.'],
  ['"No."', 'No.'],
  ['{"message":"success","data":{"msg":"No."}}', 'No.'],
  ['{"data":["a-1"]}', ''],
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

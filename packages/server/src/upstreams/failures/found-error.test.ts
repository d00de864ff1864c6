import { expect, test } from 'vitest';
import { codesOf, findError } from './found-error.ts';

test.each<[Record<string, unknown>, string, string[]]>([
  [{ error: 'No.' }, 'No.', []],
  [{ error: { code: 429, message: 'No.' } }, 'No.', ['429']],
  [{ error: ['No.'] }, 'No.', []],
  [{ errors: [{ code: 3030, message: 'No.' }], success: false }, 'No.', ['3030']],
  [{ Response: { Error: { Code: 'AuthFailure', Message: 'No.' }, RequestId: 'r' } }, 'No.', ['AuthFailure']],
  [{ base_resp: { status_code: 1008, status_msg: 'No.' } }, 'No.', ['1008']],
  [{ error_code: 17, error_msg: 'No.' }, 'No.', ['17']],
  [{ Code: 'Throttling', Message: 'No.' }, 'No.', ['Throttling']],
  [{ data: [{ error: { code: 'Sensitive', message: 'No.' } }], created: 1 }, 'No.', ['Sensitive']],
  [{ choices: [{ error: { code: 502, message: 'No.' }, finish_reason: 'error' }] }, 'No.', ['502']],
  [{ choices: [{ finish_reason: 'content_filter', message: {} }] }, '', ['content_filter']],
  [{ output: { code: 'DataInspectionFailed', message: 'No.' } }, 'No.', ['DataInspectionFailed']],
  [{ type: 'about:blank', title: 'Short', status: 429, detail: 'No.' }, 'No.', ['429', 'about:blank']],
])('in %j is the error %j', (body, message, codes) => {
  const error = findError(body);
  expect(error?.message).toBe(message);
  expect(codesOf(error ?? {})).toEqual(codes);
});

test.each<Record<string, unknown>>([
  {},
  { error: null, message: 'All is well.' },
  { code: 200, msg: 'success', data: { message: 'All is well.' } },
  { base_resp: { status_code: 0, status_msg: 'success' } },
  { choices: [{ finish_reason: 'stop', message: { content: 'No.' } }] },
  { data: [{ url: 'https://files.example/a.png', message: 'All is well.' }] },
  { data: new Uint8Array(1_000_000) },
])('%j speaks of no error', (body) => {
  expect(findError(body)).toBeUndefined();
});

import { expect, test } from 'vitest';
import { readOperationId } from './operation-id.ts';

const names = ['taskid', 'id', 'requestid'];

function idIn(text: string): string | undefined {
  return readOperationId({ json: JSON.parse(text) as unknown, bytes: Buffer.from(text) }, names);
}

test.each([
  ['{"task_id":"a-1"}', 'a-1'],
  ['{"taskId":"a-1","id":"b"}', 'a-1'],
  ['{"task_id":null,"id":"b"}', 'b'],
  ['{"data":{"task_id":"a-1"}}', 'a-1'],
  ['{"data":{"data":{"id":"a-1"}}}', 'a-1'],
  ['{"data":[{"task_id":"a-1"}]}', 'a-1'],
  ['{"data":"a-1"}', 'a-1'],
  ['{"data":["a-1"]}', 'a-1'],
  ['{"data":17}', '17'],
  ['{"task_id":17}', '17'],
  ['{"task_id":1234567890123456789}', '1234567890123456789'],
  ['{"data":98765432109876543210123}', '98765432109876543210123'],
  ['{"task_id":" a b/c?d#é%2e "}', 'a b/c?d#é%2e'],
  ['[{"event":"queued"},{"task_id":"a-1"}]', 'a-1'],
])('%s names an operation', (text, id) => {
  expect(idIn(text)).toBe(id);
});

test.each([
  '{}',
  '[]',
  '7',
  '"a-1"',
  '{"task_id":""}',
  '{"task_id":".."}',
  '{"task_id":0}',
  '{"task_id":-1}',
  '{"task_id":1.5}',
  '{"task_id":true}',
  '{"task_id":"\\ud800"}',
  `{"task_id":"${'x'.repeat(201)}"}`,
  '{"data":"The operation was taken."}',
  '{"data":"success"}',
  '{"data":null}',
])('%s names none', (text) => {
  expect(idIn(text)).toBeUndefined();
});

import { ApiError, ConnectionError, type PlantainClient } from '@plantain/client';
import { beforeEach, expect, test, vi } from 'vitest';
import { inputPictures } from '../../../parts/picture/inputs.ts';
import { draft, emptyFields } from '../form/fields.ts';
import { addRetry, addRuns, fillForm, removeRuns, runs, sendRun } from './runs.ts';

const fields = { ...emptyFields, prompt: 'a cat', model: 'nano-banana', seed: '5', count: 2 };
const inputs = [{ id: 'a', name: 'a.png', link: 'https://example.com/a' }];

beforeEach(() => {
  runs.set(() => []);
});

function newest() {
  const [run] = runs.get();
  if (run === undefined) throw new Error('There is no request.');
  return run;
}

function fakeClient(...answers: (Error | { task_id: string; warnings?: string[] })[]) {
  const submit = vi.fn<() => Promise<unknown>>(() => {
    const answer = answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const client = { generate: submit, edit: submit } as unknown as PlantainClient;
  return { client, submit };
}

test('a request that got no answer stays, and is sent again under the same key', async () => {
  addRuns({ ...fields, count: 1 }, inputs);
  const { client, submit } = fakeClient(new ConnectionError('away'), { task_id: 't1', warnings: ['w'] });
  expect(await sendRun(client, newest())).toBe(false);
  expect(newest()).not.toHaveProperty('taskId');
  expect(await sendRun(client, newest())).toBe(true);
  expect(newest()).toMatchObject({ taskId: 't1', warnings: ['w'] });
  expect(submit.mock.calls[0]).toEqual(submit.mock.calls[1]);
});

test('a request that is under way is not sent a second time', async () => {
  addRuns({ ...fields, count: 1 }, []);
  const { client, submit } = fakeClient({ task_id: 't1' });
  await Promise.all([sendRun(client, newest()), sendRun(client, newest())]);
  expect(submit).toHaveBeenCalledTimes(1);
});

test('a refusal is kept with the request that it is for', async () => {
  addRuns(fields, inputs);
  const message = 'The request is not valid.';
  const details = [{ path: 'prompt', message: 'is too long' }];
  const refused = new ApiError({ message, status: 400, type: 'invalid_request', requestId: 'r', details });
  const { client } = fakeClient(refused);
  expect(await sendRun(client, newest())).toBe(true);
  expect(runs.get().map(({ refusal, refusedAs }) => ({ refusal, refusedAs }))).toEqual([
    { refusal: message, refusedAs: { type: 'invalid_request', details } },
    { refusal: undefined, refusedAs: undefined },
  ]);
});

test('the form is filled with the one picture that is to be changed', () => {
  addRuns(fields, inputs);
  const second = runs.get()[1];
  if (second !== undefined) fillForm(second);
  expect(draft.get()).toEqual({ ...fields, seed: '6', count: 1 });
  expect(inputPictures.get()).toEqual(inputs);
});

test('a retry is a request of its own, and only the newest 60 are kept', () => {
  addRuns(fields, inputs);
  addRetry(newest(), 't2');
  expect(newest()).toMatchObject({ taskId: 't2', fields });
  expect(new Set(runs.get().map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3);
  removeRuns(new Set([newest().idempotencyKey]));
  expect(runs.get()).toHaveLength(2);
  for (let times = 0; times < 40; times += 1) addRuns(fields, []);
  expect(runs.get()).toHaveLength(60);
});

import { expect, test } from 'vitest';
import { newTask, start } from '../../store/conformance/store.fixture.ts';
import { createSubmit } from './submit.ts';

test('a client that goes while its pictures are stored has no task, as its next try may be on its way', async () => {
  const gone = new AbortController();
  const inserted: unknown[] = [];
  const submit = createSubmit({
    async prepare() {
      gone.abort(new Error('gone'));
      return [newTask()];
    },
    store: {
      findAnswer: async () => null,
      async insert(tasks) {
        inserted.push(...tasks);
        return { kind: 'inserted' };
      },
    },
    gate: { defaults: {}, unpriced: 'allow' },
    clock: { now: () => start },
    emit: () => {},
    answerRetentionMs: 60_000,
  });
  const caller = { keyId: 'key_a', ownerId: 'key_a', priorityMax: 0, models: null, limited: [] };
  await expect(submit(caller, [], () => '', { signal: gone.signal })).rejects.toThrow('gone');
  expect(inserted).toEqual([]);
});

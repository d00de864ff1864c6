import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { createLocalChanges } from '../../../core/tasks/changes.ts';
import type { TaskQuery } from '../../../core/tasks/task-reads.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { newTask, start, viewKey } from '../../conformance/store.fixture.ts';
import type { Store } from '../../store.ts';
import { openInFolder } from '../../sqlite/store.fixture.ts';
import { openOnPostgres, postgresUrl } from '../database/store.fixture.ts';

/** Opens one on each engine, for the test that runs. */
async function openBoth(): Promise<Store[]> {
  const opened = [await openInFolder(createLocalChanges()), await openOnPostgres(createLocalChanges())];
  onTestFinished(async () => {
    for (const { store, cleanUp } of opened) {
      await store.close();
      await Promise.resolve(cleanUp());
    }
  });
  return opened.map(({ store }) => store);
}

/** Texts in which every rule of text shows: case, NUL, half surrogates, quotes and what JSON escapes. */
const someText = fc
  .array(
    fc.constantFrom(
      'a',
      'A',
      'İ',
      'ı',
      'ß',
      'Σ',
      'ς',
      'K',
      '\0',
      '\u0001',
      '\ud83c',
      '\u{1f34c}',
      '"',
      '\\',
      ':',
      '\n',
      ' ',
    ),
  )
  .map((parts) => parts.join(''));
const someMetadata = fc.dictionary(fc.constantFrom('a', 'A', '"', 'kind', '\0', '__proto__'), someText, {
  maxKeys: 2,
});

const someTask: fc.Arbitrary<NewTask> = fc
  .record({
    prompt: someText,
    metadata: fc.option(someMetadata, { nil: undefined }),
    model: fc.constantFrom('one', 'two'),
    action: fc.constantFrom('generate', 'edit'),
    at: fc.nat(5),
  })
  .map(({ prompt, metadata, model, action, at }) => {
    const { request } = newTask();
    return newTask({
      id: newTaskId(start + at),
      createdAt: start + at,
      model,
      action,
      request: { ...request, prompt, ...(metadata === undefined ? {} : { metadata }) },
    });
  });

const someQuery: fc.Arbitrary<Omit<TaskQuery, 'keyId'>> = fc.record(
  {
    limit: fc.integer({ min: 1, max: 4 }),
    state: fc.constantFrom('pending', 'error'),
    model: fc.constantFrom('one', '\0'),
    action: fc.constantFrom('generate', 'edit'),
    createdFrom: fc.integer({ min: start, max: start + 5 }),
    createdBefore: fc.integer({ min: start, max: start + 5 }),
    metadata: someMetadata,
    search: someText,
  },
  { requiredKeys: ['limit'] },
);

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('lists of tasks', () => {
  test('are the same on both stores, whatever is in prompts, metadata and filters', async () => {
    const stores = await openBoth();
    let keys = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(someTask, { maxLength: 8 }),
        fc.array(someQuery, { maxLength: 8 }),
        async (tasks, queries) => {
          const keyId = `key_${(keys += 1)}`;
          for (const store of stores) await store.insert(tasks.map((task) => ({ ...task, keyId })));
          for (const query of queries) {
            const [embedded, shared] = await Promise.all(
              stores.map(async (store) => {
                const listed = await store.list({ ...query, keyId }, { viewKey, promptLength: 3 });
                const shown = listed.tasks.map(({ id, promptStart }) => ({ id, promptStart }));
                return { shown, next: listed.next };
              }),
            );
            expect(shared).toEqual(embedded);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

import { expect, test } from 'vitest';
import { countTurns } from '../../../lib/turns/count-turns.fixture.ts';
import { type TasksParts, tasksFace } from './tasks.ts';

test('the texts of a long list are made in several turns, so that others are served in between', async () => {
  const turns = countTurns();
  const renderedAt: number[] = [];
  const render = () => {
    for (const end = performance.now() + 3; performance.now() < end;);
    renderedAt.push(turns.get());
    return { text: '{}' };
  };
  const tasks = Array.from({ length: 12 }, () => ({ source: { keyId: 'key', task: {} }, promptStart: '' }));
  let listTasks: ((call: object) => Promise<unknown>) | undefined;
  tasksFace({
    store: { list: async () => ({ tasks, next: null }) },
    views: { key: '', isReady: () => true, render },
    limits: {},
    serve: (_: unknown, handlers: { listTasks: typeof listTasks }) => {
      ({ listTasks } = handlers);
    },
  } as unknown as TasksParts);
  await listTasks?.({ caller: { keyId: 'key' }, query: {} });
  turns.end();
  expect(renderedAt).toHaveLength(12);
  expect(new Set(renderedAt).size).toBeGreaterThan(3);
});

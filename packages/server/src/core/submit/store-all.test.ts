import { expect, test } from 'vitest';
import { RequestError } from '../errors.ts';
import { storeAll } from './store-all.ts';
import type { TaskInput } from '../tasks/task.ts';

const never = new AbortController().signal;
const stored = (name: string): TaskInput => ({ kind: 'stored', key: name });
const refuse = (path: string, type: 'too_large' | 'input_unreachable' = 'input_unreachable'): never => {
  throw new RequestError(type, `${path}: No.`, { details: [{ path, message: 'No.' }] });
};
const turn = () => new Promise((resolve) => setImmediate(resolve));
const failureOf = (storing: Promise<unknown>) => storing.catch((error: unknown) => error);

test('gives what was kept in the order in which it was given, at most eight at once', async () => {
  let open = 0;
  let most = 0;
  const names = Array.from({ length: 30 }, (_, index) => String(index));
  const inputs = await storeAll(
    names,
    async (name) => {
      most = Math.max(most, (open += 1));
      for (let turns = Number(name) % 5; turns >= 0; turns -= 1) await turn();
      open -= 1;
      return stored(name);
    },
    never,
  );
  expect(inputs).toEqual(names.map(stored));
  expect(most).toBe(8);
});

test('names all that can’t be had, in their order, and the first few of them in words', async () => {
  const storeOne = async (path: string) => {
    await turn();
    return path === 'good' ? stored(path) : refuse(path);
  };
  expect(await failureOf(storeAll(['a', 'good', 'b'], storeOne, never))).toMatchObject({
    type: 'input_unreachable',
    message: 'a: No. b: No.',
    details: [
      { path: 'a', message: 'No.' },
      { path: 'b', message: 'No.' },
    ],
  });
  const many = await failureOf(storeAll(['a', 'b', 'c', 'd', 'e'], storeOne, never));
  expect(many).toMatchObject({ message: 'a: No. b: No. c: No. And 2 more.', details: { length: 5 } });
});

test('is a matter of size only where nothing else is wrong', async () => {
  const type = async (...types: ('too_large' | 'input_unreachable')[]) =>
    ((await failureOf(storeAll(types, async (each) => refuse('x', each), never))) as RequestError).type;
  expect(await type('too_large', 'too_large')).toBe('too_large');
  expect(await type('too_large', 'input_unreachable')).toBe('input_unreachable');
});

test('ends at once, with its reason, where something else fails', async () => {
  const full = new RequestError('overloaded', 'Full.');
  const asked: string[] = [];
  const storing = storeAll(
    ['hangs', 'refused', 'full', ...Array.from({ length: 20 }, () => 'later')],
    (name, signal) => {
      asked.push(name);
      if (name === 'full') return Promise.reject(full);
      if (name === 'refused')
        return Promise.reject(new RequestError('input_unreachable', 'x', { details: [] }));
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    },
    never,
  );
  expect(await failureOf(storing)).toBe(full);
  expect(asked.length).toBeLessThan(12);
});

test('ends with the reason of its signal', async () => {
  const gone = new AbortController();
  const reason = new Error('gone');
  const storing = storeAll(
    ['a'],
    async () => {
      gone.abort(reason);
      return stored('a');
    },
    gone.signal,
  );
  expect(await failureOf(storing)).toBe(reason);
});

import { expect, test } from 'vitest';
import { fixtureId, fixtureTask } from '../../task.fixture.ts';
import { bodiesOf, emptyFields } from './fields.ts';
import { findRepeat, noteTakenUp } from './repeats.ts';
import { addRuns, noteFailures, runs } from './runs.ts';

const fields = { ...emptyFields, prompt: 'a cat', model: 'nano-banana', seed: '5' };
const inputs = [{ id: 'a', name: 'a.png', link: 'https://example.com/files/a?token=1' }];
const found = (asked: Partial<typeof fields>, pictures: typeof inputs = []) =>
  findRepeat(bodiesOf({ ...fields, ...asked }, pictures))?.seed;

test('a request with the seed of one before, and all else alike, is a repeat', () => {
  runs.set(() => []);
  expect(found({})).toBeUndefined();
  addRuns(fields, []);
  expect(found({})).toBe(5);
  expect(found({ seed: '4', count: 2 }), 'one of several').toBe(5);
  expect(found({ seed: '6' })).toBeUndefined();
  expect(found({ prompt: 'a dog' })).toBeUndefined();
  expect(found({}, inputs)).toBeUndefined();
  expect(found({ seed: '' }), 'chance decides').toBeUndefined();
});

test('a link that was signed anew leads to the same input picture', () => {
  runs.set(() => []);
  addRuns(fields, inputs);
  expect(found({}, [{ id: 'b', name: 'b.png', link: 'https://example.com/files/a?token=2' }])).toBe(5);
});

test('what was refused or failed may be asked for again', () => {
  const [body] = bodiesOf(fields, []);
  if (body === undefined) throw new Error('There is no request.');
  const run = { idempotencyKey: 'k', fields, inputs: [], body };
  runs.set(() => [{ ...run, refusal: 'No.' }]);
  expect(found({})).toBeUndefined();
  runs.set(() => [{ ...run, taskId: fixtureId(1) }]);
  expect(found({})).toBe(5);
  noteFailures(new Map([[fixtureId(1), fixtureTask(1, { state: 'error' })]]));
  expect(found({})).toBeUndefined();
});

test('a task that the form was filled from counts too', () => {
  runs.set(() => []);
  noteTakenUp({
    prompt: 'a cat',
    model: 'nano-banana',
    aspect_ratio: 'auto',
    image_size: '1K',
    seed: 77,
    image_urls: [],
  });
  expect(found({ seed: '77' })).toBe(77);
});

import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { fixtureId, fixtureTask } from '../../../task.fixture.ts';
import { bodiesOf, emptyFields } from '../form/fields.ts';
import { madeRequests, noteMade } from './made-requests.ts';
import { findRepeat, shareRequests } from './repeats.ts';
import { addRuns, noteFailures, removeRuns, runs } from './runs.ts';

const fields = { ...emptyFields, prompt: 'a cat', model: 'nano-banana', seed: '5' };
const inputs = [{ id: 'a', name: 'a.png', link: 'https://example.com/files/a?token=1' }];
beforeEach(() => {
  runs.set(() => []);
  madeRequests.set(() => []);
});

const found = (asked: Partial<typeof fields>, pictures: typeof inputs = []) =>
  findRepeat(bodiesOf({ ...fields, ...asked }, pictures))?.seed;

test('a request with the seed of one before, and all else alike, is a repeat', () => {
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
  const { prompt, model } = fields;
  noteMade([{ prompt, model, aspect_ratio: 'auto', image_size: '1K', seed: 77, image_urls: [] }]);
  expect(found({ seed: '77' })).toBe(77);
});

test('a card that was cleared away, or gave way to newer ones, leaves its picture known; one that failed leaves nothing', () => {
  const clear = () => removeRuns(new Set(runs.get().map(({ idempotencyKey }) => idempotencyKey)));
  addRuns(fields, []);
  runs.set((all) => all.map((run) => ({ ...run, failed: true })));
  clear();
  expect(found({})).toBeUndefined();
  addRuns(fields, []);
  clear();
  expect(found({})).toBe(5);
  addRuns({ ...fields, seed: '6' }, []);
  for (let times = 0; times < 60; times += 1) addRuns({ ...fields, seed: '' }, []);
  expect(found({ seed: '6' })).toBe(6);
});

test('tabs with one key tell each other what they sent, before and after they were opened', async () => {
  // The tabs of one test have one memory: what is heard is looked at on the way.
  const heard = new BroadcastChannel('requests');
  const messages: { kind: string; owner: string; keys?: string[] }[] = [];
  heard.onmessage = ({ data }: MessageEvent<(typeof messages)[0]>) => messages.push(data);
  onTestFinished(() => heard.close());
  const open = (owner: string) => {
    const tab = shareRequests('requests', () => owner);
    onTestFinished(() => tab.leave());
    return tab;
  };
  addRuns(fields, []);
  open('somebody');
  open('somebody');
  await vi.waitFor(() => expect(messages.some(({ keys }) => keys?.length === 1)).toBe(true));
  runs.set(() => []);
  madeRequests.set(() => []);

  const bodies = bodiesOf({ ...fields, seed: '8' }, []);
  open('another').announce(bodies);
  await vi.waitFor(() =>
    expect(messages.some(({ owner, kind }) => owner === 'another' && kind === 'made')).toBe(true),
  );
  expect(found({ seed: '8' }), 'of another key').toBeUndefined();
  open('somebody').announce(bodies);
  await vi.waitFor(() => expect(found({ seed: '8' })).toBe(8));
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  createLocalPartialImages,
  type FollowedPartialImage,
} from '../../../core/partial-images/partial-images.ts';
import { createRoom, sendPartialImages } from './partial-events.ts';

const shape = { content_type: 'image/jpeg', width: 4, height: 5 };
const bytes = new Uint8Array(3);

/** Stream whose client reads when the test says so. */
function openStream(count = 1, room = createRoom(99)) {
  const partialImages = createLocalPartialImages();
  const sent: unknown[] = [];
  const reads: (() => void)[] = [];
  const events = {
    send: async () => {},
    sendWhileWaiting(_event: string, data: unknown) {
      sent.push((data as { partial_image_index: number }).partial_image_index);
      return new Promise<void>((resolve) => reads.push(resolve));
    },
    endWaiting: () => sent.push('the task has ended'),
    sendText: () => {},
    end: () => {},
  };
  const task = { taskId: 'a', name: 'image_edit', count, quality: 'auto', background: 'auto' } as const;
  const end = sendPartialImages(partialImages, events, task, { room, now: () => 0 });
  const give = (index: number, attempt = 1, read: FollowedPartialImage['read'] = () => bytes) =>
    partialImages.tell('a', { attempt, index, size: 3, ...shape, read });
  return { sent, reads, end, give, isFollowed: () => partialImages.isFollowed('a') };
}

test('a client that reads slowly gets the latest, and what is there when the task ends', async () => {
  const { sent, reads, end, give } = openStream();
  for (const index of [0, 1, 2]) give(index);
  await nextTurn();
  expect(sent).toEqual([0]);
  const ended = end();
  await nextTurn();
  reads.shift()?.();
  await nextTurn();
  expect(sent).toEqual([0, 'the task has ended', 2]);
  reads.shift()?.();
  await ended;
});

test('all streams together hold so many bytes for slow readers, and drop the others', async () => {
  const room = createRoom(6);
  const [one, other] = [openStream(1, room), openStream(1, room)];
  for (const index of [0, 1, 2]) one.give(index);
  other.give(0);
  await nextTurn();
  expect([one.sent, other.sent]).toEqual([[0], []]);
  one.reads.shift()?.();
  await nextTurn();
  other.give(1);
  await nextTurn();
  expect([one.sent, other.sent]).toEqual([[0, 2], [1]]);
  for (const { reads } of [one, other]) reads.shift()?.();
  await nextTurn();
  expect([room.take(6), room.take(1)]).toEqual([true, false]);
});

test('the end of the task waits for none that lies elsewhere, and nothing is followed any more', async () => {
  const { sent, end, give, isFollowed } = openStream();
  give(0, 1, () => new Promise(() => {}));
  await end();
  expect(isFollowed()).toBe(false);
  expect(sent).toEqual(['the task has ended']);
});

test('one that is gone is passed over', async () => {
  const { sent, give, end } = openStream();
  for (const read of [async () => null, () => Promise.reject(new Error('gone'))]) {
    give(0, 1, read);
    await nextTurn();
  }
  give(1);
  await nextTurn();
  expect(sent).toEqual([1]);
  void end();
});

test.each([
  [1, [0]],
  [2, [0, 1]],
])('of a task for %d, an earlier call that goes on is heard or not', async (count, indices) => {
  const { sent, reads, give } = openStream(count);
  give(0, 2);
  await nextTurn();
  reads.shift()?.();
  await nextTurn();
  give(1, 1);
  await nextTurn();
  expect(sent).toEqual(indices);
});

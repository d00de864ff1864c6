import { describe, expect, test } from 'vitest';
import { createAdmission } from './admission.ts';
import { createDiskRoom } from '../pictures/disk-room.ts';

function setUp() {
  const state = { at: 10_000, pending: 0, counts: 0, free: 1_000, storeAnswers: true };
  const admission = createAdmission({
    store: {
      async countPending() {
        state.counts += 1;
        return state.pending;
      },
      async ping() {
        if (!state.storeAnswers) throw new Error('no answer');
      },
    },
    clock: { now: () => state.at },
    disk: createDiskRoom({
      clock: { now: () => state.at },
      freeBytes: async () => state.free,
      minFreeBytes: 100,
    }),
    maxPending: 3,
  });
  return { state, admission };
}

describe('admission', () => {
  test('refuses what would wait above the limit, and takes again when there is room', async () => {
    const { state, admission } = setUp();
    for (let task = 0; task < 3; task += 1) {
      await admission.admit(1);
      state.pending += 1;
    }
    await expect(admission.admit(1)).rejects.toThrow('The queue is full: 3 tasks wait.');
    state.pending = 2;
    state.at += 50;
    await admission.admit(1);
  });

  test('does not count the queue for every task, but does before it refuses many', async () => {
    const { state, admission } = setUp();
    await admission.admit(1);
    await admission.admit(1);
    expect(state.counts).toBe(1);
    // All were taken at once: only the count knows.
    await admission.admit(1);
    state.at += 50;
    await admission.admit(1);
    expect(state.counts).toBe(2);
  });

  test('says each obstacle in a sentence', async () => {
    const { state, admission } = setUp();
    expect(await admission.reasons()).toEqual([]);
    state.free = 99;
    state.storeAnswers = false;
    admission.drain();
    expect(await admission.reasons()).toEqual([
      'The server is shutting down.',
      'The store does not answer.',
      'Less than 100 bytes are free in the data directory.',
    ]);
  });

  test('takes nothing on a full disk, once it has seen that it is full', async () => {
    const { state, admission } = setUp();
    state.free = 1;
    await admission.reasons();
    await expect(admission.admit(1)).rejects.toThrow('The server’s disk is full.');
  });
});

// A store’s own life.

import { describe, expect } from 'vitest';
import { newTask, type OpenStore, storeTest } from './store.fixture.ts';

export function testLife(name: string, open: OpenStore): void {
  const test = storeTest(open);
  describe(`the life of a store on ${name}`, () => {
    test('answers a ping, and refuses work after it is closed', async ({ store }) => {
      await store.ping();
      await store.close();
      await expect(store.insert([newTask()])).rejects.toThrow('closed');
    });
  });
}

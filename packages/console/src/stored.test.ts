import { afterEach, expect, test, vi } from 'vitest';
import { createStored, forgetAll, storeFor } from './stored.ts';

/** The storage of a tab; `createStored` with the same one is what a reload is. */
function tab(kept: Record<string, string> = {}) {
  const items = new Map(Object.entries(kept));
  const storage = {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: vi.fn<(name: string, text: string) => void>((name, text) => void items.set(name, text)),
    clear: () => items.clear(),
  };
  vi.stubGlobal('sessionStorage', storage);
  return storage;
}
afterEach(() => vi.unstubAllGlobals());

test('a value outlives a reload, made fit for use again', () => {
  tab();
  createStored<number[]>('list', []).set((list) => [...list, 1, 2]);
  expect(createStored<number[]>('list', []).get()).toEqual([1, 2]);
  expect(createStored<number[]>('list', [], (list) => list.filter((each) => each > 1)).get()).toEqual([2]);
});

test('what can not be read is the first value again', () => {
  tab({ list: '[1,' });
  expect(createStored<number[]>('list', [7]).get()).toEqual([7]);
});

test('listeners hear of a change, also where it can not be kept', () => {
  const storage = tab();
  storage.setItem.mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  const stored = createStored('number', 1);
  const heard: number[] = [];
  const stop = stored.subscribe(() => heard.push(stored.get()));
  stored.set((value) => value + 1);
  stop();
  stored.set((value) => value + 1);
  expect(heard).toEqual([2]);
  expect(stored.get()).toBe(3);
});

test('who signs out leaves nothing behind, in the storage or in the page', () => {
  tab();
  const stored = createStored('draft', '');
  stored.set(() => 'secret');
  const heard: string[] = [];
  stored.subscribe(() => heard.push(stored.get()));
  forgetAll();
  expect([stored.get(), createStored('draft', '').get(), heard]).toEqual(['', '', ['']]);
});

test('what was stored for a key is there when it signs in again, and gone where another does', () => {
  const storage = tab();
  storeFor('key_x');
  const stored = createStored('draft', '');
  stored.set(() => 'secret');
  storeFor('key_x');
  expect(stored.get()).toBe('secret');
  storeFor('key_y');
  expect([stored.get(), storage.getItem('draft')]).toEqual(['', null]);
});

test('after a reload the tab still knows for which key it stored, and what is of no known key goes', () => {
  tab({ draft: '"secret"', 'key 1': 'key_x' });
  const reloaded = createStored('draft', '');
  storeFor('key_x');
  expect(reloaded.get()).toBe('secret');
  storeFor('key_y');
  expect(reloaded.get()).toBe('');
  tab({ draft: '"older"' });
  storeFor('key_z');
  expect(createStored('draft', '').get()).toBe('');
});

test('another key finds nothing where the storage is forbidden either', () => {
  vi.stubGlobal('sessionStorage', undefined);
  const stored = createStored('draft', '');
  storeFor('key_x');
  stored.set(() => 'secret');
  storeFor('key_x');
  expect(stored.get()).toBe('secret');
  storeFor('key_y');
  expect(stored.get()).toBe('');
});

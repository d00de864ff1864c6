import { expect, test } from 'vitest';
import { createEmit } from './events.ts';

test('every listener has each event with its fields, also behind one that throws', () => {
  const heard: unknown[] = [];
  const listener = (name: string, fields: object) => void heard.push([name, fields]);
  const emit = createEmit([
    () => {
      throw new Error('no room left on the disk of the log');
    },
    listener,
    createEmit([listener]),
  ]);
  emit('leases_rescued', { rescued: 2 });
  emit('hangup_ignored', {});
  const rescued = ['leases_rescued', { rescued: 2 }];
  expect(heard).toEqual([rescued, rescued, ['hangup_ignored', {}], ['hangup_ignored', {}]]);
});

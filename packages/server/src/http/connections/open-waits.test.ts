import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOpenWaits } from './open-waits.ts';

const maxPerKey = 4;
const maxPerLinkedTask = 2;

/** One more wait of key 0 or 1, by a link to one of the key's three tasks or by the key itself; or the end of one that is open. */
const step = fc.oneof(
  fc.record({ key: fc.nat(1), task: fc.option(fc.nat(2)) }),
  fc.record({ end: fc.nat(20) }),
);

test('links never take a place from their owner, and have few of their own', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const waits = createOpenWaits({ maxPerKey, maxPerLinkedTask });
      const open: { key: number; task: number | null; leave: () => void }[] = [];
      const told: object[] = [];
      for (const each of steps) {
        if ('end' in each) {
          const [ended] = open.splice(each.end, 1);
          ended?.leave();
          ended?.leave();
          continue;
        }
        const { key, task } = each;
        const ofKey = open.filter((other) => other.key === key && (other.task === null) === (task === null));
        const ofTask = open.filter((other) => other.key === key && other.task === task);
        const isFull = ofKey.length === maxPerKey || (task !== null && ofTask.length === maxPerLinkedTask);
        const linked = task === null ? undefined : `task ${task} of ${key}`;
        const enter = () => waits.enter(`key ${key}`, () => void told.push(each), linked);
        if (isFull) expect(enter).toThrow(/as many as (it|may)|As many/);
        else open.push({ key, task, leave: enter() });
      }
      waits.drain();
      expect(told).toHaveLength(open.length);
    }),
  );
});

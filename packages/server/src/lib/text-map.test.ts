import {
  array,
  assert,
  constant,
  constantFrom,
  integer,
  oneof,
  property,
  record,
  string,
  uuid,
} from 'fast-check';
import { expect, test } from 'vitest';
import { TextMap } from './text-map.ts';

/** Texts that end alike and texts that have one chain though they differ: `Aa` and `BB` count the same. */
const key = oneof(
  constantFrom('', 'a', 'Aa', 'BB', 'AaAa', 'BBBB', 'AaBB', 'BBAa'),
  string({ maxLength: 3 }).map((start) => `${start}00000000`),
  uuid(),
);
const step = oneof(
  record({ do: constant('set' as const), key, value: integer() }),
  record({ do: constant('delete' as const), key }),
  record({ do: constant('clear' as const), key }),
);

test('a map by text finds after any changes what a Map would find', () => {
  assert(
    property(array(step, { maxLength: 60 }), array(key), (steps, others) => {
      const [subject, model] = [new TextMap<number>(), new Map<string, number>()];
      for (const each of steps) {
        if (each.do === 'set') {
          subject.set(each.key, each.value);
          model.set(each.key, each.value);
        } else if (each.do === 'delete') {
          subject.delete(each.key);
          model.delete(each.key);
        } else {
          subject.clear();
          model.clear();
        }
        expect(subject.size).toBe(model.size);
      }
      for (const asked of [...others, ...steps.map((each) => each.key)])
        expect(subject.get(asked)).toBe(model.get(asked));
    }),
  );
});

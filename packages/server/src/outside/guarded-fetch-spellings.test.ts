import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import { isPublicAddress } from '../lib/addresses.ts';
import { never } from './guarded-fetch.fixture.ts';
import { createGuardedFetch } from './guarded-fetch.ts';

const octet = fc.integer({ min: 0, max: 255 });
const zeros = fc.integer({ min: 0, max: 3 }).map((count) => '0'.repeat(count));
/** One number as a part of an IPv4 host: decimal, octal or hexadecimal, in whatever digits. */
const numberWords = (value: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(String(value)),
    zeros.map((more) => `0${more}${value.toString(8)}`),
    fc.tuple(fc.constantFrom('0x', '0X'), zeros).map(([prefix, more]) => prefix + more + value.toString(16)),
    fc.constant(String(value).replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))),
    fc.constant(String(value).replaceAll(/\d/g, '%3$&')),
  );
const ipv4Spelling = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 1, max: 4 }))
  .chain(([a, b, c, d, parts]) => {
    const bytes = [a, b, c, d];
    const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
    const words = [...bytes.slice(0, parts - 1), last].map(numberWords);
    return fc.record({
      plain: fc.constant(bytes.join('.')),
      host: fc
        .tuple(fc.tuple(...words), fc.constantFrom('.', '。', '．', '%2e'), fc.constantFrom('', '.'))
        .map(([spelled, dot, end]) => spelled.join(dot) + end),
    });
  });

test('in whatever spelling an IPv4 address stands in a link, it is judged as that address', async () => {
  const judged: string[] = [];
  const policy = {
    refusal: (_: string, address: string) => {
      judged.push(address);
      return 'address' as const;
    },
    nameRefusal: () => null,
    unresolvedRefusal: () => 'address' as const,
    listsName: () => false,
  };
  const fetch = createGuardedFetch({ policy, limits: { maxBytes: 1, totalMs: 60_000 } });
  await fc.assert(
    fc.asyncProperty(ipv4Spelling, async ({ plain, host }) => {
      const [a = 0, b = 0, c = 0, d = 0] = plain.split('.').map(Number);
      const mapped = `[::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}]`;
      judged.length = 0;
      for (const spelled of [host, mapped])
        await expect(fetch(`http://${spelled}/`, never)).rejects.toThrow(TaskError);
      expect(judged).toHaveLength(2);
      expect(judged[0]).toBe(plain);
      expect(judged.map(isPublicAddress)).toEqual([isPublicAddress(plain), isPublicAddress(plain)]);
    }),
    { numRuns: 500 },
  );
});

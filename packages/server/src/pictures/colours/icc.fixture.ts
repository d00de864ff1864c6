// Test support: colour profiles as cameras, phones and programs write them, byte by byte.

import { Buffer } from 'node:buffer';

const fixed = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 4 * index);
  return bytes;
};
const long = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
};
const short = (value: number) => long(value).subarray(2);
const tag = (type: string, ...content: Buffer[]) =>
  Buffer.concat([Buffer.from(`${type}\0\0\0\0`), ...content]);

/** Red, green and blue beneath D50, as published. */
export const primaries = {
  srgb: [0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.7141],
  p3: [0.51512, 0.2412, -0.00105, 0.29198, 0.69225, 0.04189, 0.1571, 0.06657, 0.78407],
  adobe: [0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457],
};

/** Curves of all forms. */
export const curves = {
  srgb: tag('para', Buffer.from([0, 3, 0, 0]), fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
  srgbTable: tableOf((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)),
  linear: tag('curv', long(0)),
  linearFormula: tag('para', Buffer.from([0, 1, 0, 0]), fixed(1, 1, 0)),
  gamma22: tag('curv', long(1), short(0x0233)),
  gamma22Formula: tag('para', Buffer.from([0, 0, 0, 0]), fixed(2.199)),
};

function tableOf(curve: (value: number) => number): Buffer {
  const entries = Array.from({ length: 1024 }, (_, index) => short(Math.round(curve(index / 1023) * 65_535)));
  return tag('curv', long(entries.length), ...entries);
}

const names = {
  2: (name: string) => tag('desc', long(name.length + 1), Buffer.from(`${name}\0\0\0\0\0\0\0\0\0`)),
  4: (name: string) =>
    tag(
      'mluc',
      long(1, 12),
      Buffer.from('enUS'),
      long(2 * name.length, 28),
      Buffer.from(name, 'utf16le').swap16(),
    ),
};

/** `mixed` are the primaries; without them it is one for shades of grey. */
export function iccOf(
  name: string,
  curve: Buffer,
  { mixed, version = 2 }: { mixed?: readonly number[]; version?: 2 | 4 } = {},
): Buffer {
  const columns = ['r', 'g', 'b'].flatMap((letter, index): [string, Buffer][] => [
    [`${letter}XYZ`, tag('XYZ ', fixed(...(mixed?.slice(3 * index, 3 * index + 3) ?? [])))],
    [`${letter}TRC`, curve],
  ]);
  const tags: [string, Buffer][] = [
    ['desc', names[version](name)],
    ['wtpt', tag('XYZ ', fixed(0.9642, 1, 0.8249))],
    ...(mixed ? columns : [['kTRC', curve] satisfies [string, Buffer]]),
  ];
  const head = Buffer.alloc(128);
  head.writeUInt8(version, 8);
  head.write(`mntr${mixed ? 'RGB ' : 'GRAY'}XYZ `, 12);
  head.write('acsp', 36);
  fixed(0.9642, 1, 0.8249).copy(head, 68);
  let at = 132 + 12 * tags.length;
  const contents = tags.map(([, content]) => Buffer.concat([content, Buffer.alloc(-content.length & 3)]));
  const entries = tags.map(([tagName, { length }], index) => {
    const entry = Buffer.concat([Buffer.from(tagName), long(at, length)]);
    at += contents[index]?.length ?? 0;
    return entry;
  });
  const profile = Buffer.concat([head, long(tags.length), ...entries, ...contents]);
  profile.writeUInt32BE(profile.length, 0);
  return profile;
}

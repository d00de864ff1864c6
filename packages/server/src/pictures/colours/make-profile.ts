// Makes a colour profile of what a picture says of its colours in numbers of another kind, so that one decoder converts them all.
// Layout: ICC.1:2022, 7.2 and 7.3.

import { Buffer } from 'node:buffer';
import { profileEntryBytes, profileHeaderBytes } from './colour-profile.ts';
import { type ToneCurve, writeCurve } from './tone-curve.ts';

/** CIE 1931 x and y. */
export type Chromaticity = readonly [x: number, y: number];

/** Of the three colours that all others are mixed of, and of white. */
export interface Primaries {
  red: Chromaticity;
  green: Chromaticity;
  blue: Chromaticity;
  white: Chromaticity;
}

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** The white of all profiles. */
const d50: Vector = [0.9642, 1, 0.8249];
/** To the answers of the eye's three receptors (Bradford), in which white is fitted to white: ICC.1:2022, annex E. */
const receptors: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** For pictures in red, green and blue; `undefined` for primaries that span no colours. */
export function colourProfile(primaries: Primaries, curve: ToneCurve): Buffer | undefined {
  const columns = columnsOf(primaries);
  if (columns === undefined) return undefined;
  const [red, green, blue] = columns.map(xyzTag);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  const tone = writeCurve(curve);
  return profileOf('RGB ', [
    [['wtpt'], xyzTag(d50)],
    [['rXYZ'], red],
    [['gXYZ'], green],
    [['bXYZ'], blue],
    [['rTRC', 'gTRC', 'bTRC'], tone],
  ]);
}

/** For pictures in shades of grey. */
export function greyProfile(curve: ToneCurve): Buffer {
  return profileOf('GRAY', [
    [['wtpt'], xyzTag(d50)],
    [['kTRC'], writeCurve(curve)],
  ]);
}

/** Red, green and blue as XYZ beneath D50. */
function columnsOf({ red, green, blue, white }: Primaries): Vector[] | undefined {
  const whole = scaled(xyzOf(white), 1 / white[1]);
  const mixed = transposed([xyzOf(red), xyzOf(green), xyzOf(blue)]);
  const inverse = inverted(mixed);
  const back = inverted(receptors);
  if (inverse === undefined || back === undefined) return undefined;
  const amounts = applied(inverse, whole);
  const [from, to] = [applied(receptors, whole), applied(receptors, d50)];
  const columns = transposed(mixed).map((column, index) => {
    const light = scaled(column, amounts[index] ?? 0);
    const seen = applied(receptors, light);
    return applied(back, [
      (seen[0] * to[0]) / from[0],
      (seen[1] * to[1]) / from[1],
      (seen[2] * to[2]) / from[2],
    ]);
  });
  // The numbers of a profile go up to 32,768; no colour is brighter than a few times white.
  const isSound = columns.flat().every((value) => Math.abs(value) < 8);
  return isSound ? columns : undefined;
}

function xyzOf([x, y]: Chromaticity): Vector {
  return [x, y, 1 - x - y];
}

function scaled([x, y, z]: Vector, factor: number): Vector {
  return [x * factor, y * factor, z * factor];
}

function applied([first, second, third]: Matrix, vector: Vector): Vector {
  const sum = (row: Vector) => row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2];
  return [sum(first), sum(second), sum(third)];
}

function transposed([a, b, c]: Matrix): Matrix {
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ];
}

function inverted([a, b, c]: Matrix): Matrix | undefined {
  const rows = [cross(b, c), cross(c, a), cross(a, b)] as const;
  const size = a[0] * rows[0][0] + a[1] * rows[0][1] + a[2] * rows[0][2];
  if (!Number.isFinite(1 / size)) return undefined;
  return transposed([scaled(rows[0], 1 / size), scaled(rows[1], 1 / size), scaled(rows[2], 1 / size)]);
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function xyzTag(values: Vector): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ');
  for (const [index, value] of values.entries()) tag.writeInt32BE(Math.round(value * 65_536), 8 + 4 * index);
  return tag;
}

/** Version 2.4, for displays. All contents have lengths that are multiples of four. */
function profileOf(
  space: 'RGB ' | 'GRAY',
  tags: readonly [names: readonly string[], content: Buffer][],
): Buffer {
  const count = tags.reduce((sum, [names]) => sum + names.length, 0);
  const head = Buffer.alloc(profileHeaderBytes + 4 + count * profileEntryBytes);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`mntr${space}XYZ `, 12);
  head.write('acsp', 36);
  xyzTag(d50).copy(head, 68, 8);
  head.writeUInt32BE(count, profileHeaderBytes);
  let [at, end] = [profileHeaderBytes + 4, head.length];
  for (const [names, content] of tags) {
    for (const name of names) {
      head.write(name, at);
      head.writeUInt32BE(end, at + 4);
      head.writeUInt32BE(content.length, at + 8);
      at += profileEntryBytes;
    }
    end += content.length;
  }
  head.writeUInt32BE(end, 0);
  return Buffer.concat([head, ...tags.map(([, content]) => content)]);
}

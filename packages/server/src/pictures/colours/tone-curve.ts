// Curves from the numbers of a picture to amounts of light, 0 to 1 both, as colour profiles have them (ICC.1:2022, 10.6 and 10.18).

import { Buffer } from 'node:buffer';

export type ToneCurve = (value: number) => number;

/** Light of a number in sRGB (IEC 61966-2-1). */
export const srgbCurve: ToneCurve = (value) =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;

/** The other way round. */
const inSrgb: ToneCurve = (light) =>
  light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;

const [steps, furthest] = [64, 1.5 / 255];

/** Whether numbers mean what they mean in sRGB, but for a step or two of 255. */
export function isSrgbCurve(curve: ToneCurve): boolean {
  return Array.from({ length: steps + 1 }, (_, step) => step / steps).every(
    (value) => Math.abs(inSrgb(clamped(curve(value))) - value) <= furthest,
  );
}

function clamped(light: number): number {
  return Math.min(1, Math.max(0, light));
}

/** `undefined` for content of another kind, or that is cut off. */
export function readCurve(tag: Buffer): ToneCurve | undefined {
  const type = tag.toString('latin1', 0, 4);
  if (tag.length < 12) return undefined;
  if (type === 'curv') return tableCurve(tag, tag.readUInt32BE(8));
  return type === 'para' ? formulaCurve(tag, tag.readUInt16BE(8)) : undefined;
}

/** No entry: light itself; one: an exponent; more: light at even distances, with straight lines between. */
function tableCurve(tag: Buffer, count: number): ToneCurve | undefined {
  const start = 12;
  if (start + 2 * count > tag.length) return undefined;
  if (count === 0) return (value) => value;
  if (count === 1) return (value) => value ** (tag.readUInt16BE(start) / 256);
  const entry = (place: number) => tag.readUInt16BE(start + 2 * place) / 65_535;
  return (value) => {
    const place = Math.min(count - 2, Math.floor(value * (count - 1)));
    return entry(place) + (entry(place + 1) - entry(place)) * (value * (count - 1) - place);
  };
}

/** By the kind of the formula. */
const numbersOf = [1, 3, 4, 5, 7];

function formulaCurve(tag: Buffer, kind: number): ToneCurve | undefined {
  const count = numbersOf[kind] ?? Infinity;
  if (12 + 4 * count > tag.length) return undefined;
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = Array.from(
    { length: count },
    (_, index) => tag.readInt32BE(12 + 4 * index) / 65_536,
  );
  if (kind === 0) return (value) => value ** g;
  // Of the second and third kind the curve lies flat where the sum would be negative.
  if (kind < 3) return (value) => Math.max(0, a * value + b) ** g + c;
  return (value) => (value >= d ? Math.max(0, a * value + b) ** g + e : c * value + f);
}

const tableEntries = 1_024;

export function writeCurve(curve: ToneCurve): Buffer {
  const tag = Buffer.alloc(12 + 2 * tableEntries);
  tag.write('curv');
  tag.writeUInt32BE(tableEntries, 8);
  for (let place = 0; place < tableEntries; place += 1) {
    const light = clamped(curve(place / (tableEntries - 1)));
    tag.writeUInt16BE(Math.round(light * 65_535), 12 + 2 * place);
  }
  return tag;
}

// Colours that a picture names by number (ITU-T H.273, tables 2 and 3), as AVIF and PNG do: wide-gamut and HDR ones often have no
// profile at all. They become a profile, and so are converted as all others are.

import type { Buffer } from 'node:buffer';
import { type Chromaticity, colourProfile, greyProfile, type Primaries } from './make-profile.ts';
import { srgbCurve, type ToneCurve } from './tone-curve.ts';

export interface CodePoints {
  primaries: number;
  transfer: number;
  /** The way in which the file has red, green and blue. */
  matrix: number;
}

export interface NamedColours {
  /** `undefined` where it can't be made. */
  profile: Buffer | undefined;
  /** The loss, if any: `darker`, the brightest parts of HDR; `guessed`, colours that are known to nobody here. */
  loss?: 'darker' | 'guessed' | undefined;
}

const d65: Chromaticity = [0.3127, 0.329];
const illuminantC: Chromaticity = [0.31, 0.316];
const primariesOf = (red: Chromaticity, green: Chromaticity, blue: Chromaticity, white = d65): Primaries => ({
  red,
  green,
  blue,
  white,
});
const srgb = primariesOf([0.64, 0.33], [0.3, 0.6], [0.15, 0.06]);
const smpteC = primariesOf([0.63, 0.34], [0.31, 0.595], [0.155, 0.07]);
const known: ReadonlyMap<number, Primaries> = new Map([
  [1, srgb],
  // Not said: everybody takes it for sRGB.
  [2, srgb],
  [4, primariesOf([0.67, 0.33], [0.21, 0.71], [0.14, 0.08], illuminantC)],
  [5, primariesOf([0.64, 0.33], [0.29, 0.6], [0.15, 0.06])],
  [6, smpteC],
  [7, smpteC],
  [8, primariesOf([0.681, 0.319], [0.243, 0.692], [0.145, 0.049], illuminantC)],
  [9, primariesOf([0.708, 0.292], [0.17, 0.797], [0.131, 0.046])],
  [10, primariesOf([1, 0], [0, 1], [0, 0], [1 / 3, 1 / 3])],
  [11, primariesOf([0.68, 0.32], [0.265, 0.69], [0.15, 0.06], [0.314, 0.351])],
  [12, primariesOf([0.68, 0.32], [0.265, 0.69], [0.15, 0.06])],
  [22, primariesOf([0.63, 0.34], [0.295, 0.605], [0.155, 0.077])],
]);

/** Nits of white in HDR pictures (ITU-R BT.2408), and the brightest that screens of today show. */
const [whiteNits, brightestNits] = [203, 1_000];
const curves: ReadonlyMap<number, ToneCurve> = new Map<number, ToneCurve>([
  // Curves of television are looked at on screens that do as sRGB does.
  ...[1, 2, 6, 7, 11, 12, 13, 14, 15].map((transfer): [number, ToneCurve] => [transfer, srgbCurve]),
  [4, (value) => value ** 2.2],
  [5, (value) => value ** 2.8],
  [8, (value) => value],
  [17, (value) => (value ** 2.6 * 52.37) / 48],
  [16, (value) => fitted(nitsInPq(value) / whiteNits)],
  [18, (value) => fitted((sceneInHlg(value) ** 1.2 * brightestNits) / whiteNits)],
]);
const hdr = new Set([16, 18]);
/** Luminance that is coded beforehand (BT.2020 constant), and what the decoder takes for YCbCr though it is not. */
const unreadableMatrices = new Set([3, 10, 11, 13, 14, 15]);

/** The profile is one of sRGB where the colours are, and tells grey alone for pictures in shades of it. */
export function coloursOf(
  { primaries, transfer, matrix }: CodePoints,
  {
    grey = false,
    narrow = false,
  }: { grey?: boolean; /** Black is 16 of 255, and white 235. */ narrow?: boolean } = {},
): NamedColours {
  const mixed = known.get(primaries);
  const curve = curves.get(transfer);
  if (mixed === undefined || curve === undefined || unreadableMatrices.has(matrix))
    return { profile: undefined, loss: 'guessed' };
  const whole: ToneCurve = narrow
    ? (value) => curve(Math.min(1, Math.max(0, (value * 255 - 16) / 219)))
    : curve;
  return {
    profile: grey ? greyProfile(whole) : colourProfile(mixed, whole),
    ...(hdr.has(transfer) ? { loss: 'darker' } : {}),
  };
}

/** SMPTE ST 2084. */
function nitsInPq(value: number): number {
  const power = value ** (32 / 2523);
  const light = Math.max(0, power - 107 / 128) / (2413 / 128 - (2392 / 128) * power);
  return 10_000 * light ** (8192 / 1305);
}

/** ARIB STD-B67, as ITU-R BT.2100 has it. */
function sceneInHlg(value: number): number {
  const [a, b, c] = [0.17883277, 0.28466892, 0.55991073];
  return value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - c) / a) + b) / 12;
}

/** Light in units of white, up to the brightest, for screens that end with white: half of it stays, the rest bends. */
function fitted(light: number): number {
  const knee = 0.5;
  if (light <= knee) return light;
  const above = (light - knee) / (1 - knee);
  const most = (brightestNits / whiteNits - knee) / (1 - knee);
  return knee + (1 - knee) * Math.min(1, (above * (1 + above / most ** 2)) / (1 + above));
}

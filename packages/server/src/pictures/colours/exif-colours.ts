// Reads of EXIF data whether the colours are those of Adobe RGB: cameras say so there, and nowhere else (CIPA DC-010-2020, DCF 2.0:
// "uncalibrated", and the mark of an option file). Without it the picture would go up duller than it is.

import type { Buffer } from 'node:buffer';
import { bareProfile } from '../bare/bare-profile.ts';
import { openExif, valueAt } from '../formats/exif-directory.ts';
import { colourProfile } from './make-profile.ts';

const [exifDirectory, interoperability, colourSpace, index] = [0x8769, 0xa005, 0xa001, 1];
/** In no standard, and written by some for Adobe RGB (exiftool.org/TagNames/EXIF.html). */
const adobeRgb = 2;
const uncalibrated = 0xffff;

/** `exif` begins with the TIFF header, `II` or `MM`. */
export function saysAdobeRgb(exif: Uint8Array): boolean {
  const opened = openExif(exif);
  if (opened === undefined) return false;
  const { first, short, long, text } = opened;
  const valueOf = (directory: number | undefined, tag: number) => valueAt(opened, directory, tag);
  const follow = (at: number | undefined) => (at === undefined ? undefined : long(at));
  const directory = follow(valueOf(first, exifDirectory));
  const spaceAt = valueOf(directory, colourSpace);
  const space = spaceAt === undefined ? undefined : short(spaceAt);
  if (space !== uncalibrated) return space === adobeRgb;
  const markAt = valueOf(follow(valueOf(directory, interoperability)), index);
  return markAt !== undefined && text(markAt, 3) === 'R03';
}

/** As an ICC profile: "Adobe RGB (1998) Color Image Encoding", 4.3.1. */
export function adobeRgbProfile(): Buffer | undefined {
  const profile = colourProfile(
    { red: [0.64, 0.33], green: [0.21, 0.71], blue: [0.15, 0.06], white: [0.3127, 0.329] },
    (value) => value ** (563 / 256),
  );
  return profile && bareProfile(profile);
}

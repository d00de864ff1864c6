// Tells the colour profiles that say nothing new (sRGB, which everybody assumes) from those that a picture's colours
// depend on. A profile is told by the name that it gives itself: a wrong name costs a picture its exact colours only.

import { Buffer } from 'node:buffer';

/** Names of sRGB; `c2` is the tiny one of github.com/saucecontrol/Compact-ICC-Profiles, which large sites embed. */
const srgbNames = /sRGB|uRGB|c2(?:ci)?$/;
const headerBytes = 128;
const mostTags = 100;

/** `broken` where it is no profile; decoders ignore such. Layout: ICC.1:2022, 7.2 and 7.3. */
export function colourProfileKind(profile: Uint8Array): 'srgb' | 'other' | 'broken' {
  const data = Buffer.from(profile.buffer, profile.byteOffset, profile.length);
  if (data.length < headerBytes + 4 || data.toString('latin1', 36, 40) !== 'acsp') return 'broken';
  const tags = Math.min(data.readUInt32BE(headerBytes), mostTags);
  for (let tag = 0; tag < tags; tag += 1) {
    const at = headerBytes + 4 + tag * 12;
    if (at + 12 > data.length) return 'broken';
    if (data.toString('latin1', at, at + 4) !== 'desc') continue;
    const start = data.readUInt32BE(at + 4);
    const name = data.toString('latin1', start + 12, start + Math.min(data.readUInt32BE(at + 8), 200));
    // UTF-16 in version 4, ASCII with padding in version 2: without the zeros both read alike.
    return srgbNames.test(name.replaceAll(/[^\x20-\x7e]/g, '').trim()) ? 'srgb' : 'other';
  }
  return 'other';
}

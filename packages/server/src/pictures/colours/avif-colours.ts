// Finds out what the numbers of an AVIF or a HEIC mean as colours: by a profile, by code points of the file, or by those of the data
// (aomediacodec.github.io/av1-avif, 2.2.1; ISO/IEC 23000-22, 7.3.6.4), the first of these that there is.

import { Buffer } from 'node:buffer';
import { inputFailure } from '../../core/errors.ts';
import { bareProfile } from '../bare/bare-profile.ts';
import { type CodePoints, coloursOf, type NamedColours } from './code-points.ts';
import { colourProfileKind } from './colour-profile.ts';
import { type Box, boxOf } from '../formats/iso-boxes.ts';

/** Colours told by a box `colr`: its content begins with how. */
const isProfile = (box: Box) => /^(?:prof|rICC)$/.test(howIn(box));
const howIn = ({ content }: Box) => content.toString('latin1', 0, 4);

/** SMPTE ST 2085 and ICtCp: the decoder has neither. */
const undecodable = new Set([11, 14]);

/**
 * `properties` are those of the picture; `inData` reads what its data say, where the file says nothing. Throws `TaskError`
 * (`input_unreachable`) for numbers that the decoder makes no red, green and blue of, and whatever `inData` throws.
 */
export function avifColours(
  properties: readonly Box[],
  inData: () => CodePoints | undefined,
): { box: Box | undefined; loss?: NamedColours['loss'] } {
  const boxes = properties.filter(({ type }) => type === 'colr');
  const points = boxes.map(pointsIn).find((each) => each !== undefined) ?? inData();
  if (points && undecodable.has(points.matrix)) throw rareColours();
  const profiles = boxes.filter(isProfile).map(({ content }) => content.subarray(4));
  const own = profiles.find((profile) => colourProfileKind(profile) !== 'broken');
  if (own) return { box: profileBox(bareProfile(own)) };
  if (points === undefined) return { box: undefined };
  const { profile, ...named } = coloursOf(points);
  return { box: profileBox(profile && bareProfile(profile)), ...named };
}

function rareColours(): Error {
  return inputFailure(
    "The picture has its colours coded in a rare way (ICtCp or Y'D'zD'x), which can't be read here. Send it as PNG, JPEG or WebP.",
    { whatCame: 'a picture with rare colours' },
  );
}

function profileBox(profile: Buffer | undefined): Box | undefined {
  if (profile === undefined) return undefined;
  const whole = boxOf('colr', Buffer.from('prof'), profile);
  return { type: 'colr', whole, content: whole.subarray(8) };
}

function pointsIn(box: Box): CodePoints | undefined {
  const { content } = box;
  if (howIn(box) !== 'nclx' || content.length < 10) return undefined;
  return {
    primaries: content.readUInt16BE(4),
    transfer: content.readUInt16BE(6),
    matrix: content.readUInt16BE(8),
  };
}

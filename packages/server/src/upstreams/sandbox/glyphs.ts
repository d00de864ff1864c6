// Letters for the band, as pixels. A machine that runs the server may have no fonts at all, so nothing asks for one.

import type { Box } from './canvas.ts';

/** Each character with its seven rows from the top down; a row is a digit to base 32, whose bits are five pixels from left to right. */
const font =
  'Aehhvhhh Buhhuhhu Cehggghe Duhhhhhu Evgguggv Fvgguggg Gehgnhhf Hhhhvhhh Ie44444e J72222ic Khikokih Lggggggv ' +
  'Mhrllhhh Nhhpljhh Oehhhhhe Puhhuggg Qehhhlid Ruhhukih Sfgge11u Tv444444 Uhhhhhhe Vhhhhha4 Whhhllla Xhha4ahh ' +
  'Yhha4444 Zv1248gv 0ehjlphe 14c4444e 2eh1248v 3v2421he 426aiv22 5vgu11he 668guhhe 7v124888 8ehhehhe 9ehhf12c ' +
  '-000e000 .00000cc :0cc0cc0 /01248g0 _000000v #aavavaa';

const glyphs = new Map(font.split(' ').map((glyph) => [glyph.charAt(0), glyph.slice(1)]));

/** Stands for a character that has no glyph: an empty box. */
const emptyBox = 'vhhhhhv';

/** Width of one character with its gap, and height of a line without one, in glyph pixels. */
export const glyphAdvance = 6;
export const glyphHeight = 7;

/** Strokes of one line of text; `left` and `top` are its corner, `pixel` the side of a glyph pixel. Lower case is drawn as upper. */
export function strokesOf(text: string, left: number, top: number, pixel: number): Box[] {
  const strokes: Box[] = [];
  for (const [index, character] of Array.from(text).entries()) {
    const rows = character === ' ' ? '' : (glyphs.get(character.toUpperCase()) ?? emptyBox);
    for (const [row, digit] of Array.from(rows).entries())
      for (const ink of Number.parseInt(digit, 32).toString(2).padStart(5, '0').matchAll(/1+/g))
        strokes.push({
          left: left + (index * glyphAdvance + ink.index) * pixel,
          top: top + row * pixel,
          width: ink[0].length * pixel,
          height: pixel,
        });
  }
  return strokes;
}

/** Breaks items into lines of at most `columns` characters, two spaces between items; an item longer than a line is cut into lines. */
export function wrapItems(items: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    const joined = line === '' ? item : `${line}  ${item}`;
    if (joined.length <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = item;
    for (; line.length > columns; line = line.slice(columns)) lines.push(line.slice(0, columns));
  }
  return line === '' ? lines : [...lines, line];
}

// For tests of faces: each test shows a feature, and the columns of the table in docs/faces.md are made of what was shown. The file of a face's
// tests writes its column where the variable WRITE_FACES is set, and else holds it against what was written.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cell, type Column, type Feature, features } from './features.ts';

const columns = join(import.meta.dirname, '../../../../../../docs/faces/columns');

export interface FaceColumn {
  /** Notes, at the end of a test that showed it, that the face has a feature. `says` is a limit of it, for the page. */
  shows(feature: Feature, says?: string): void;
  /** Notes, at the end of a test that showed what is done instead, that the face lacks a feature. */
  lacks(feature: Feature, says: string): void;
  /** Prefix of the face. */
  prefix: string;
  /**
   * Column as the tests of this file have shown it. Its own test stands last in the file, and holds it against `written`. Throws where a
   * feature was neither shown nor said to be none of the API's, and where it was both.
   */
  shown(): Column;
  written(): Column;
}

/**
 * Column of a face; `name` is that of its file, `docs/faces/columns/NAME.json`. `none` has the features for which its API has no call and no
 * member, each with what a client does instead, or why there is nothing to do.
 */
export function faceColumn(
  name: string,
  described: Omit<Column, 'cells'>,
  none: Partial<Record<Feature, string>> = {},
): FaceColumn {
  const file = join(columns, `${name}.json`);
  const cells: Partial<Column['cells']> = {};
  // Of several tests of a feature the first that says something is told.
  const note = (feature: Feature, cell: Cell) => void (cells[feature] = { ...cell, ...cells[feature] });
  function shown(): Column {
    const inOrder = Object.keys(features).map((each) => {
      const feature = each as Feature;
      const why = none[feature];
      if (why !== undefined && feature in cells) throw new Error(`${feature} was shown, so the API has it.`);
      const cell = cells[feature] ?? (why === undefined ? undefined : { is: 'none' as const, says: why });
      if (cell === undefined) throw new Error(`Nothing is shown of ${feature}: no cell may be empty.`);
      return [feature, cell];
    });
    return { ...described, cells: Object.fromEntries(inOrder) as Column['cells'] };
  }
  return {
    prefix: described.prefix,
    shows: (feature, says) => note(feature, { is: 'yes', ...(says === undefined ? {} : { says }) }),
    lacks: (feature, says) => note(feature, { is: 'no', says }),
    shown,
    written() {
      if (process.env['WRITE_FACES'] !== undefined) {
        mkdirSync(columns, { recursive: true });
        writeFileSync(file, `${JSON.stringify(shown(), null, 2)}\n`);
      }
      return JSON.parse(readFileSync(file, 'utf8')) as Column;
    },
  };
}

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
  /** Column as the tests of this file have shown it. Its own test stands last in the file, and holds it against `written`. */
  shown(): Column;
  written(): Column;
}

/** Column of a face; `name` is that of its file, `docs/faces/columns/NAME.json`. */
export function faceColumn(name: string, described: Omit<Column, 'cells'>): FaceColumn {
  const file = join(columns, `${name}.json`);
  const cells: Column['cells'] = {};
  // Of several tests of a feature the first that says something is told.
  const note = (feature: Feature, cell: Cell) => void (cells[feature] = { ...cell, ...cells[feature] });
  function shown(): Column {
    const inOrder = Object.keys(features).filter((feature): feature is Feature => feature in cells);
    return { ...described, cells: Object.fromEntries(inOrder.map((each) => [each, cells[each]])) };
  }
  return {
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

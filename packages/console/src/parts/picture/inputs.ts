// The pictures that the playground's next request starts from. They are kept here, because a result can be made one of them from
// wherever it is shown.

import { createStored } from '../../stored.ts';
import type { Picture } from './links.ts';

export interface InputPicture {
  id: string;
  name: string;
  /** A link that the server can read; absent while the picture is on its way there, and when it was refused. */
  link?: string;
  /** The picture's own bytes, in this page only, until there is a link. */
  preview?: string;
  /** Refusal of the upload, as an error. A reload leaves such a picture out. */
  problem?: unknown;
  /** Width divided by height, where the page knows it. */
  ratio?: number;
}

export const inputPictures = createStored<readonly InputPicture[]>(
  'plantain.playground.inputs.1',
  [],
  // An upload that was under way when the page was left is gone.
  (kept) => kept.filter(({ link }) => link !== undefined),
);

/** A picture that is there already is not added a second time. */
export function addInput({ url, fileName, taskId, index, width, height }: Picture): void {
  const id = `${taskId}/${index}`;
  inputPictures.set((all) =>
    all.some((each) => each.id === id)
      ? all
      : [...all, { id, name: fileName, link: url, ratio: width / height }],
  );
}

/** Notes the ratio of a picture that is shown. A known one stays: it may have been measured on more pixels. */
export function noteRatio(id: string, ratio: number): void {
  if (!(ratio > 0 && ratio < Infinity)) return;
  inputPictures.set((all) =>
    all.map((each) => (each.id === id && each.ratio === undefined ? { ...each, ratio } : each)),
  );
}

/** Moves the picture to another index; one beyond either end is that end. */
export function moveInput(id: string, to: number): void {
  inputPictures.set((all) => moved(all, id, to));
}

/** Returns `all` itself where nothing moves. */
export function moved(all: readonly InputPicture[], id: string, to: number): readonly InputPicture[] {
  const picture = all.find((each) => each.id === id);
  const index = Math.max(0, Math.min(to, all.length - 1));
  if (picture === undefined || all[index] === picture) return all;
  return all.filter((each) => each !== picture).toSpliced(index, 0, picture);
}

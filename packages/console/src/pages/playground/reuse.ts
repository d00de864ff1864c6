// Fills the form with the request of any task, whoever submitted it.

import type { TaskRequestData } from '@plantain/client';
import { inputPictures } from '../../parts/picture/inputs.ts';
import { draft, othersOf } from './form/fields.ts';
import { noteMade } from './requests/made-requests.ts';

/** Fills the form. `isMade` says that the task has pictures, or may have them yet: sending the same again needs a confirmation. */
export function fillFormFrom(request: TaskRequestData, { isMade }: { isMade: boolean }): void {
  const { task_id: id, prompt, model, aspect_ratio: aspectRatio, image_size: imageSize, seed } = request;
  draft.set(() => ({
    prompt,
    model,
    aspectRatio,
    imageSize,
    seed: seed === undefined ? '' : String(seed),
    count: 1,
    others: othersOf(request),
  }));
  if (isMade) noteMade([request]);
  inputPictures.set(() =>
    request.image_urls.map((link, index) => ({ id: `${id}/input/${index}`, name: nameOf(link), link })),
  );
}

/** Last part of the link's path, usually the name of a file. */
function nameOf(link: string): string {
  return new URL(link).pathname.split('/').at(-1) ?? link;
}

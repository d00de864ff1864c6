// The form filled with what any task was asked for, whoever submitted it.

import type { TaskRequestData } from '@plantain/client';
import { inputPictures } from '../../parts/picture/inputs.ts';
import { draft } from './fields.ts';
import { noteMade } from './made-requests.ts';

/** `isMade`: whether it has pictures, or may yet, so that making it again is worth a word. */
export function fillFormFrom(request: TaskRequestData, { isMade }: { isMade: boolean }): void {
  const { task_id: id, prompt, model, aspect_ratio: aspectRatio, image_size: imageSize, seed } = request;
  draft.set(() => ({
    prompt,
    model,
    aspectRatio,
    imageSize,
    seed: seed === undefined ? '' : String(seed),
    count: 1,
  }));
  if (isMade) noteMade([request]);
  inputPictures.set(() =>
    request.image_urls.map((link, index) => ({ id: `${id}/input/${index}`, name: nameOf(link), link })),
  );
}

/** The last part of its path, which is the name of a file as a rule. */
function nameOf(link: string): string {
  return new URL(link).pathname.split('/').at(-1) ?? link;
}

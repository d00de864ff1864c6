// Several pictures as one file, packed in the browser from the originals.

import type { PlantainClient, TaskData } from '@plantain/client';
import { downloadZip } from 'client-zip';
import type { Picture } from './links.ts';

export interface Packed {
  task: TaskData;
  picture: Picture;
}

/** Fetches one picture at a time. `onProgress` gets the number that is there. Rejects as soon as one can't be fetched. */
export async function packPictures(
  client: Pick<PlantainClient, 'picture'>,
  pictures: readonly Packed[],
  { signal, onProgress }: { signal: AbortSignal; onProgress: (done: number) => void },
): Promise<Blob> {
  async function* files() {
    for (const [done, { task, picture }] of pictures.entries()) {
      onProgress(done);
      const input = await client.picture(task, picture.index + 1, { signal });
      const lastModified = new Date(Number(task.update_time) * 1000);
      yield { name: picture.fileName, input, lastModified };
    }
  }
  return await downloadZip(files()).blob();
}

/** Hands the file to the browser's downloads. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: the browser begins to read it after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

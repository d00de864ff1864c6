// Pictures that are dropped, pasted or chosen: shown at once, and uploaded while the rest of the form is filled in.

import type { PlantainClient } from '@plantain/client';
import { useCallback } from 'react';
import { type InputPicture, inputPictures } from '../../parts/picture-inputs.ts';

let uploads = 0;

/** A function that adds files to the input pictures, in their order. */
export function useUploads(client: PlantainClient): (files: readonly File[]) => void {
  return useCallback(
    (files) => {
      const added = files.map((file) => {
        uploads += 1;
        const picture = {
          id: `upload-${Date.now()}-${uploads}`,
          name: file.name,
          preview: URL.createObjectURL(file),
        };
        return { file, picture };
      });
      inputPictures.set((all) => [...all, ...added.map(({ picture }) => picture)]);
      for (const { file, picture } of added)
        void upload(client, file).then((outcome) => {
          URL.revokeObjectURL(picture.preview);
          inputPictures.set((all) =>
            all.map((each) => (each.id === picture.id ? { id: each.id, name: each.name, ...outcome } : each)),
          );
        });
    },
    [client],
  );
}

async function upload(client: PlantainClient, file: File): Promise<Pick<InputPicture, 'link' | 'problem'>> {
  try {
    return { link: (await client.files.upload(file)).file };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

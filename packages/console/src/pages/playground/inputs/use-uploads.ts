// Uploads of dropped, pasted and chosen pictures: shown at once, and sent while the rest of the form is filled in.

import type { PlantainClient } from '@plantain/client';
import { useCallback } from 'react';
import { isTemporary } from '../../../away.ts';
import { type InputPicture, inputPictures } from '../../../parts/picture/inputs.ts';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

const retryMs = 2_000;

let uploads = 0;

/** Gives a function that adds files to the input pictures, in their order. */
export function useUploads(client: PlantainClient): (files: readonly File[]) => void {
  const say = useWords(playgroundWords);
  return useCallback(
    (files) => {
      // The server treats an empty file as none.
      const outcomeOf = async (file: File, picture: InputPicture): Promise<Outcome | undefined> =>
        file.size === 0 ? { problem: new Error(say('emptyFile')) } : await upload(client, { file, picture });
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
      for (const { file, picture } of added) {
        void outcomeOf(file, picture).then((outcome) => {
          URL.revokeObjectURL(picture.preview);
          if (outcome === undefined) return;
          inputPictures.set((all) =>
            all.map(({ preview, ...each }) =>
              each.id === picture.id
                ? { ...each, ...outcome }
                : { ...each, ...(preview === undefined ? {} : { preview }) },
            ),
          );
        });
      }
    },
    [client, say],
  );
}

type Outcome = Pick<InputPicture, 'link' | 'problem'>;

/** Uploads a file, with retries while the server is away; `undefined` where the picture was removed meanwhile. */
async function upload(
  client: Pick<PlantainClient, 'files'>,
  { file, picture }: { file: File; picture: InputPicture },
): Promise<Outcome | undefined> {
  while (inputPictures.get().some(({ id }) => id === picture.id))
    try {
      return { link: (await client.files.upload(file)).file };
    } catch (error) {
      if (!isTemporary(error)) return { problem: error };
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  return undefined;
}

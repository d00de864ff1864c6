import type { PictureStore } from '../core/pictures/picture-store.ts';

/** Deletes pictures by their keys, each after its renditions. Cut off anywhere, it can be done again. Rejects as the store does. */
export type DeletePictures = (keys: readonly string[]) => Promise<void>;

export function createDeletePictures({
  pictures,
  renditionsOf,
}: {
  pictures: Pick<PictureStore, 'delete' | 'list'>;
  /** The prefix below which the renditions of a picture lie. */
  renditionsOf: (key: string) => string;
}): DeletePictures {
  return async (keys) => {
    for (const key of keys) {
      for await (const rendition of pictures.list(renditionsOf(key))) await pictures.delete(rendition.key);
      await pictures.delete(key);
    }
  };
}

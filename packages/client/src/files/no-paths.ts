// Stands in for read-path.ts where there is no file system, so that bundlers for browsers meet no module of Node.

import { PlantainError } from '../errors.ts';

export function readPath(): Promise<never> {
  return Promise.reject(
    new PlantainError('There are no files with paths here.', {
      hint: 'Pass the picture itself: a File, a Blob, bytes or a stream.',
    }),
  );
}

// Pictures of a task as files: written beside their destination under a temporary name, synced, and only then renamed to it. A file of
// that name is never replaced without --force.

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join, parse } from 'node:path';
import type { PlantainClient, TaskData } from '../index.ts';

/** Values of a template's `{n}`, `{id}` and `{ext}`. */
export interface PictureOf {
  id: string;
  /** Value of `{n}`, appended to the name where the template has none; `''` of a single picture. */
  number: string;
  /** Content type of the picture, where the server gives one. */
  contentType: string | undefined;
}

/** Formats by endings of names. */
const formats = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp', '.avif': 'avif' } as const;

function formatOf(path: string): (typeof formats)[keyof typeof formats] | undefined {
  const ending = extname(path).toLowerCase();
  return Object.hasOwn(formats, ending) ? formats[ending as keyof typeof formats] : undefined;
}

/** Returns the path for one picture. A template that ends with a slash is a folder; one without a format gets the picture's own. */
export function picturePath(template: string, { id, number, contentType }: PictureOf): string {
  const named = /[/\\]$/.test(template) ? `${template}{id}` : template;
  const { dir, base } = parse(named);
  const hasEnding = formatOf(base) !== undefined || base.endsWith('.{ext}');
  const ending = hasEnding ? extname(base) : '.{ext}';
  const stem = hasEnding ? base.slice(0, -ending.length) : base;
  const numbered = number === '' || base.includes('{n}') ? stem : `${stem}-{n}`;
  const values: Readonly<Record<string, string>> = {
    n: number === '' ? '1' : number,
    // A server must not choose another folder.
    id: id.replaceAll(/[^\w.-]/g, '_'),
    ext: /^image\/(\w+)/.exec(contentType ?? '')?.[1]?.replace('jpeg', 'jpg') ?? 'png',
  };
  return join(dir, `${numbered}${ending}`).replaceAll(
    /\{(n|id|ext)\}/g,
    (_, name: string) => values[name] ?? '',
  );
}

export interface PictureSource {
  client: PlantainClient;
  task: TaskData;
  /** From 1. */
  number: number;
  signal: AbortSignal;
}

/** Fetches a picture in the format of the path's ending into the file `temporary`; it is on the disk when this resolves. */
export async function fetchPicture(
  { client, task, number, signal }: PictureSource,
  { path, temporary }: { path: string; temporary: string },
): Promise<void> {
  const format = formatOf(path);
  const isThat = task.image_details?.[number - 1]?.content_type === `image/${format}`;
  const picture = await client.picture(task, number, {
    signal,
    ...(isThat || format === undefined ? {} : { format }),
  });
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(new Uint8Array(await picture.arrayBuffer()));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Fetches a picture to the path and returns the path; without `force`, to the next free name where a file has that one. */
export async function savePicture(source: PictureSource, path: string, force: boolean): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  // Hidden, and in the same folder, so that the renaming stays within one disk.
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await fetchPicture(source, { path, temporary });
    const destination = force ? path : await claim(path);
    await rename(temporary, destination);
    return destination;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Creates an empty file of this name, or of the next free one, so that no other program takes it. */
async function claim(path: string): Promise<string> {
  for (const free of freeNames(path)) {
    try {
      await (await open(free, 'wx')).close();
      return free;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error('there is always a next name');
}

/** Yields the name, then the name with 2, 3 and so on. */
export function* freeNames(path: string): Generator<string> {
  yield path;
  const { dir, name, ext } = parse(path);
  for (let number = 2; ; number += 1) yield join(dir, `${name}-${number}${ext}`);
}

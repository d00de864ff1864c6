// The list of a backup's files with their checksums, `files.sha256`, in the form that `sha256sum --check` reads. It is written and read line
// by line, since it may have millions of them.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StartRefusedError } from '../../core/errors.ts';

const listName = 'files.sha256';

export interface ListedFile {
  /** In hex. */
  sha256: string;
  /** Below the folder of the backup, with slashes. */
  path: string;
}

export interface FileListWriter {
  add(file: ListedFile): void;
  /** Puts all lines on the disk; gives the checksum of the list, in hex. */
  end(): Promise<string>;
  close(): Promise<void>;
}

const bufferedLines = 1_000;

export async function createFileList(folder: string): Promise<FileListWriter> {
  const handle: FileHandle = await open(join(folder, listName), 'wx', 0o600);
  const hash = createHash('sha256');
  let lines: string[] = [];
  let written: Promise<unknown> = Promise.resolve();

  function flush(): void {
    const text = Buffer.from(lines.join(''));
    lines = [];
    hash.update(text);
    written = written.then(() => handle.writeFile(text));
    // A failure is told at the end.
    written.catch(() => {});
  }

  return {
    add({ sha256, path }) {
      lines.push(`${sha256}  ${path}\n`);
      if (lines.length >= bufferedLines) flush();
    },
    async end() {
      flush();
      await written;
      await handle.sync();
      return hash.digest('hex');
    },
    close: () => handle.close(),
  };
}

/** Reads the list whose checksum the manifest has. Throws `StartRefusedError` where it is another. */
export async function* readFileList(folder: string, listSha256: string): AsyncGenerator<ListedFile> {
  const file = join(folder, listName);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== listSha256)
    throw new StartRefusedError(`The backup is damaged: ${file} is not as it was written.`);
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [sha256 = '', path = ''] = line.split('  ');
    yield { sha256, path };
  }
}

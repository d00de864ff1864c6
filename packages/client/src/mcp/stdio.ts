// `plantain mcp`: the tools over stdin and stdout, for a host that starts this as a program of its own.

import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { PlantainError } from '../errors.ts';
import { beginsAsPicture, startBytes } from './picture-start.ts';
import { createMcpServer, type ToolOptions, withoutNulls } from './tools.ts';

const maxPictureBytes = 64 * 2 ** 20;
/** Characters of an argument that an error repeats. */
const maxShownLength = 200;

/** Serves until stdin ends or `stopping` aborts. */
export async function serveTools(options: Omit<ToolOptions, 'readPicture'>, stdin: Readable): Promise<void> {
  const stop = new AbortController();
  const stopping = AbortSignal.any([options.stopping, stop.signal]);
  const transport = new StdioServerTransport(stdin, process.stdout);
  const ended = once(stdin, 'close', { signal: options.stopping }).catch(() => {});
  const handle = serveStdio(() => createMcpServer({ ...options, stopping, readPicture }), { transport });
  const receive = transport.onmessage;
  transport.onmessage = (message) => receive?.(withoutNulls(message));
  await ended;
  stop.abort();
  await handle.close();
}

/** Reads a file only if it begins as a picture does, since a model could be persuaded to send any file. */
async function readPicture(given: string): Promise<Uint8Array> {
  const shown = JSON.stringify(given.slice(0, maxShownLength));
  const file = await open(pathOf(given)).catch(() => {
    throw new PlantainError(
      `There is no file ${shown} that could be read, and it is no link. Relative paths begin at ${process.cwd()}.`,
    );
  });
  try {
    const start = Buffer.alloc(startBytes);
    // A directory can be opened, and not read.
    await file.read(start, 0, startBytes, 0).catch(() => {});
    if (!beginsAsPicture(start))
      throw new PlantainError(
        `${shown} is not a picture of a type that is taken. Send PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF or BMP.`,
      );
    const { size } = await file.stat();
    if (size > maxPictureBytes) throw new PlantainError(`${shown} has ${size} bytes, which is too many.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Resolves a path, `~` for the home directory, or a `file:` URL. Throws `PlantainError` for a URL of another machine. */
function pathOf(given: string): string {
  if (/^~(?=$|[\\/])/.test(given)) return join(homedir(), given.slice(1));
  if (!/^file:/i.test(given)) return given;
  try {
    return fileURLToPath(given);
  } catch {
    throw new PlantainError(
      `${JSON.stringify(given.slice(0, maxShownLength))} is no file: URL of this machine. Write file:///home/me/picture.png, or the path alone.`,
    );
  }
}

// `plantain mcp`: the tools over stdin and stdout, for a host that starts this as a program of its own.

import { open } from 'node:fs/promises';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { PlantainError } from '../errors.ts';
import { createMcpServer, type ToolOptions } from './tools.ts';

const largestPicture = 64 * 2 ** 20;

/** Serves until stdin ends or `stopping` aborts. */
export async function serveTools(options: Omit<ToolOptions, 'readPicture'>, stdin: Readable): Promise<void> {
  const stop = new AbortController();
  const stopping = AbortSignal.any([options.stopping, stop.signal]);
  const transport = new StdioServerTransport(stdin, process.stdout);
  const ended = once(stdin, 'close', { signal: options.stopping }).catch(() => {});
  const handle = serveStdio(() => createMcpServer({ ...options, stopping, readPicture }), { transport });
  await ended;
  stop.abort();
  await handle.close();
}

/** A model could be talked into sending any file, so only what begins as a picture is read. */
async function readPicture(path: string): Promise<Uint8Array> {
  const file = await open(path).catch(() => {
    throw new PlantainError(
      `There is no file ${JSON.stringify(path)} that could be read, and it is no link.`,
    );
  });
  try {
    const start = Buffer.alloc(16);
    await file.read(start, 0, 16, 0);
    if (!beginsAsPicture(start)) throw new PlantainError(`${JSON.stringify(path)} is not a picture.`);
    const { size } = await file.stat();
    if (size > largestPicture)
      throw new PlantainError(`${JSON.stringify(path)} has ${size} bytes, which is too many.`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** PNG, JPEG, GIF, WebP, TIFF, BMP, and what is in an ISO container of pictures: AVIF, HEIC. */
function beginsAsPicture(start: Buffer): boolean {
  const text = start.toString('latin1');
  return (
    text.startsWith('\u0089PNG\r\n') ||
    text.startsWith('\u00FF\u00D8\u00FF') ||
    text.startsWith('GIF8') ||
    /^RIFF....WEBP/s.test(text) ||
    /^(II[*+]\0|MM\0[*+])/.test(text) ||
    /^BM....\0\0\0\0/s.test(text) ||
    /^....ftyp(avi|hei|hev|mif|msf|miaf)/s.test(text)
  );
}

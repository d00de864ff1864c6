// Lines of a batch's file, each a task as plain text or JSON. A line is identified by its content and not by its number, so that a file
// may be edited between two runs and only new lines are submitted.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { SubmitBody } from '../../index.ts';
import { UsageError } from '../exit-codes.ts';
import { isLink } from '../input-files.ts';

export interface BatchLine {
  /** From 1, as editors count. */
  number: number;
  /** Hash of the content, and the number of its occurrence: stable when lines are reordered. */
  key: string;
  /** Request without pictures. */
  body: Partial<SubmitBody>;
  /** Pictures as links, or as files with the hash of their bytes. */
  pictures: ({ link: string } | { file: string; sha256: string })[];
}

const maxFaults = 20;

/** Reads every line, with `defaults` for absent members. Throws a `UsageError` that names every faulty line. */
export async function readBatchLines(
  text: string,
  { path, defaults }: { path: string; defaults: Partial<SubmitBody> },
): Promise<BatchLine[]> {
  const faults: string[] = [];
  const lines: BatchLine[] = [];
  const seen = new Map<string, number>();
  const hashes = new Map<string, Promise<string>>();
  const sha256Of = (file: string) => {
    const known = hashes.get(file) ?? readFile(file).then(sha256);
    hashes.set(file, known);
    return known;
  };
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    try {
      const { image_urls: given = [], ...said } = parseLine(line);
      const body = { ...defaults, ...said };
      const pictures = await Promise.all(
        given.map(async (picture) => {
          if (isLink(picture)) return { link: picture };
          const file = resolve(dirname(path), picture);
          return { file, sha256: await sha256Of(file) };
        }),
      );
      const named = pictures.map((picture) => ('link' in picture ? picture.link : picture.sha256));
      const asked = sha256(JSON.stringify([body, named])).slice(0, 24);
      const before = seen.get(asked) ?? 0;
      seen.set(asked, before + 1);
      lines.push({ number: index + 1, key: `${asked}.${before + 1}`, body, pictures });
    } catch (error) {
      faults.push(`line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (faults.length > 0) {
    const more = faults.length > maxFaults ? [`and ${faults.length - maxFaults} more`] : [];
    throw new UsageError(
      `${path} is not valid:\n  ${[...faults.slice(0, maxFaults), ...more].join('\n  ')}\n`,
      'batch',
    );
  }
  if (lines.length === 0) throw new UsageError(`${path} has no prompts.`, 'batch');
  return lines;
}

function parseLine(line: string): Partial<SubmitBody> {
  if (!line.trimStart().startsWith('{')) return { prompt: line.trim() };
  let said: Partial<SubmitBody>;
  try {
    said = JSON.parse(line) as Partial<SubmitBody>;
  } catch {
    throw new Error('begins with { and is not valid JSON');
  }
  const { prompt, image_urls: pictures } = said as { prompt?: unknown; image_urls?: unknown };
  if (typeof prompt !== 'string' || prompt.trim() === '') throw new Error('has no "prompt"');
  if (
    pictures !== undefined &&
    !(Array.isArray(pictures) && pictures.every((each) => typeof each === 'string'))
  )
    throw new Error('"image_urls" is no list of links and file names');
  return said;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

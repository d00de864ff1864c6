// Arguments of a submit: pictures as files and links, and the prompt, which may come from stdin.

import { readFile, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import type { Context } from './command.ts';
import { CliError, UsageError } from './exit-codes.ts';

const maxPromptLength = 2 ** 20;
const maxPictureBytes = 256 * 2 ** 20;

export const isLink = (argument: string): boolean => /^(https?:\/\/|data:)/i.test(argument);

/** Splits arguments into pictures, in their order, and the prompt: the one that is neither a file nor a link. Throws `UsageError`. */
export async function splitArguments(
  positionals: readonly string[],
): Promise<{ pictures: string[]; prompt: string }> {
  const isPicture = await Promise.all(positionals.map(async (each) => isLink(each) || (await isFile(each))));
  const pictures = positionals.filter((_, index) => isPicture[index]);
  const [prompt, ...others] = positionals.filter((_, index) => !isPicture[index]);
  if (prompt === undefined)
    throw new UsageError(
      'There is no prompt: each argument is a file or a link. "-" reads it from stdin.',
      'edit',
    );
  if (others.length > 0)
    throw new UsageError(
      `There is one prompt, and the rest are pictures; but these are neither files nor links: ${[
        prompt,
        ...others,
      ]
        .map((each) => JSON.stringify(each.slice(0, 60)))
        .join(', ')}.`,
      'edit',
    );
  return { pictures, prompt };
}

async function isFile(path: string): Promise<boolean> {
  // A long prompt is no path, and the system says so with an error of its own.
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Reads files as bytes, and leaves links as they are. */
export async function readPictures(pictures: readonly string[]): Promise<(string | Uint8Array)[]> {
  const found: (string | Uint8Array)[] = [];
  for (const picture of pictures) {
    if (isLink(picture)) {
      found.push(picture);
      continue;
    }
    const { size } = await stat(picture);
    if (size > maxPictureBytes)
      throw new CliError('file', `${picture} has ${size} bytes, which is more than any server takes.`);
    found.push(await readFile(picture));
  }
  return found;
}

/** Returns the prompt, which stdin has where the argument is `-`. Throws `UsageError` where there is none. */
export async function readPrompt(
  argument: string | undefined,
  command: string,
  { terminal, signal }: Pick<Context, 'terminal' | 'signal'>,
): Promise<string> {
  if (argument !== '-') {
    if (argument === undefined || argument.trim() === '')
      throw new UsageError(
        'There is no prompt. Give one as an argument, or "-" to read it from stdin.',
        command,
      );
    return argument;
  }
  const prompt = (await readAll(terminal.stdin, maxPromptLength, signal)).trim();
  if (prompt === '') throw new UsageError('Stdin has no prompt.', command);
  return prompt;
}

/** Reads a stream as text until `signal` aborts. Throws `CliError` beyond `maxBytes`. */
export async function readAll(stream: Readable, maxBytes: number, signal: AbortSignal): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of addAbortSignal(signal, stream)) {
    pieces.push(Buffer.from(piece as Buffer));
    bytes += (piece as Buffer).length;
    if (bytes > maxBytes) throw new CliError('usage', `Stdin has more than ${maxBytes} bytes.`);
  }
  return Buffer.concat(pieces).toString('utf8');
}

// For a POSIX shell with Node 20 or newer: the command comes from the server itself, by npx.

import type { SubmitBody } from '@plantain/client';
import { shellWord, suffixOf } from './request-parts.ts';

/** `callback_url` is left out: the command waits by itself. */
export function cliCode(body: SubmitBody, baseUrl: string): string {
  const { prompt, image_urls: pictures = [] } = body;
  const isEdit = suffixOf(body) !== '';
  // As an argument, it would be taken for an option, for a picture, or for the wish to read it from stdin.
  const isTyped = /^-|^https?:|^data:/i.test(prompt);
  const command = [
    isTyped ? `printf '%s' ${shellWord(prompt)} |\n` : '',
    `PLANTAIN_URL=${shellWord(baseUrl)} npx --yes ${shellWord(`${baseUrl}/client.tgz`)}`,
    isEdit ? ` edit ${pictures.map(shellWord).join(' ')}` : ' generate',
    isTyped ? ' -' : ` ${shellWord(prompt)}`,
  ].join('');
  return `${[command, ...optionsOf(body).map(([name, value]) => `  --${name}=${shellWord(value)}`), '  --output=./'].join(' \\\n')}\n`;
}

function optionsOf(body: SubmitBody): [name: string, value: string][] {
  const named: [string, string | number | undefined][] = [
    ['model', body.model],
    ['ratio', body.aspect_ratio],
    ['size', body.image_size],
    ['seed', body.seed],
    ['quality', body.quality],
    ['background', body.background],
    ['mask', body.mask],
    ['deadline', body.deadline_seconds],
    ['keep', body.expires_in_seconds],
    ...Object.entries(body.metadata ?? {}).map(([name, value]): [string, string] => [
      'metadata',
      `${name}=${value}`,
    ]),
  ];
  return named.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

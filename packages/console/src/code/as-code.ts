// A request as a program that runs as it is copied: it sends the request, follows it to its end, and writes each picture to a file in the
// folder where it runs. A failure is said, and ends it with a code other than 0. What breaks off is tried again, under one idempotency key,
// so that a task is made and paid once. The key stands in the environment, never in the text.

import type { SubmitBody } from '@plantain/client';
import { cliCode } from './cli-code.ts';
import { curlCode } from './curl-code.ts';
import { javascriptCode } from './javascript-code.ts';
import { pythonCode } from './python-code.ts';

/** `baseUrl` has no slash at its end. */
export type WriteCode = (body: SubmitBody, baseUrl: string) => string;

export const writers = {
  curl: curlCode,
  javascript: javascriptCode,
  python: pythonCode,
  cli: cliCode,
} as const satisfies Readonly<Record<string, WriteCode>>;

export type CodeLanguage = keyof typeof writers;

export const codeLanguages = Object.keys(writers) as readonly CodeLanguage[];

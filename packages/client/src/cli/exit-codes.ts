// Ends of `plantain`: the exit codes, the errors that carry one, and the sentence for every other error.

import {
  ApiError,
  ConnectionError,
  TaskFailedError,
  TimeoutError,
  UnexpectedAnswerError,
  UnsupportedError,
} from '../index.ts';
import { isPage } from '../request/request.ts';

/** Exit codes, in the words of help and docs/cli.md. */
export const exitCodes = {
  ok: [0, 'done'],
  failed: [1, 'a task failed or was cancelled; in a batch, at least one'],
  usage: [2, 'the command line or an input file is not valid'],
  unauthorized: [3, 'no key, or one that the server does not take'],
  unreachable: [4, 'the server can’t be reached, or is not able to answer now'],
  refused: [5, 'the server refused the request: not valid, not there, a conflict, a limit'],
  timedOut: [6, 'the task had not ended within --timeout; it goes on'],
  file: [7, 'a file on this machine can’t be read or written'],
  fault: [70, 'a fault in this program'],
  interrupted: [130, 'stopped by Ctrl-C'],
} as const satisfies Record<string, readonly [number, string]>;

export type Outcome = keyof typeof exitCodes;

export const codeOf = (outcome: Outcome): number => exitCodes[outcome][0];

/** Error that the user can mend, or an end that the user wanted; only the message is shown. */
export class CliError extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.outcome = outcome;
  }
}

/** Error of a command line. */
export class UsageError extends CliError {
  /** Command whose help says more. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super('usage', message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** Origin of an address: the variable, the stored login, the command line, or the default. */
export type UrlSource = 'variable' | 'login' | 'argument' | 'default';

/** Server that a command called. */
export interface Called {
  url: string;
  source: UrlSource;
  hasKey: boolean;
}

const calledAt: Readonly<Record<UrlSource, (url: string) => string>> = {
  variable: (url) => `It was called at ${url}, as PLANTAIN_URL says.`,
  login: (url) => `It was called at ${url}, which "plantain login" stored.`,
  argument: (url) => `It was called at ${url}.`,
  default: (url) =>
    `It was called at ${url}, where one is by default: nobody is logged in, and PLANTAIN_URL is not set.`,
};

const thenAsked: Readonly<Record<UrlSource, string>> = {
  variable: 'Is it running, and is that its address?',
  login: 'Is it running, and is that its address? PLANTAIN_URL goes before it.',
  argument: 'Is it running, and is that its address?',
  default: 'Is it running? Where it is elsewhere, "plantain login" stores its address.',
};

/** Returns outcome and sentence for any thrown value. `called`: the server, where the command has called one. */
export function explain(error: unknown, called?: Called): { outcome: Outcome; message: string } {
  const location =
    called === undefined ? '' : ` ${calledAt[called.source](called.url)} ${thenAsked[called.source]}`;
  if (error instanceof UsageError) {
    const more = error.command === undefined ? 'plantain help' : `plantain help ${error.command}`;
    return { outcome: error.outcome, message: `${error.message} See: ${more}` };
  }
  if (error instanceof CliError) return { outcome: error.outcome, message: error.message };
  if (error instanceof Error && error.name === 'AbortError') return explainAbort(error);
  if (error instanceof TaskFailedError) return { outcome: 'failed', message: error.message };
  if (error instanceof UnsupportedError)
    return { outcome: 'refused', message: `${error.message}${isPage(error) ? location : ''}` };
  if (error instanceof UnexpectedAnswerError)
    return {
      outcome: error.status >= 500 ? 'unreachable' : 'refused',
      message: `The answer is none of this API (HTTP ${error.status}): something else answered for the server.${location}`,
    };
  if (error instanceof ApiError) return explainRefusal(error, called);
  if (error instanceof ConnectionError || error instanceof TimeoutError)
    // The location has the address, and its origin.
    return { outcome: 'unreachable', message: error.message.replace(` at ${called?.url}`, '') + location };
  if (isSystemError(error)) return { outcome: 'file', message: explainSystemError(error) };
  const said = error instanceof Error ? error.message : String(error);
  return { outcome: 'fault', message: `A fault in plantain itself: ${said}` };
}

/** Explains an `AbortError`, which Node's own calls put around the signal's reason. */
function explainAbort({ cause }: Error): { outcome: Outcome; message: string } {
  const isReason = cause instanceof Error && cause.name !== 'AbortError';
  return isReason ? explain(cause) : { outcome: 'interrupted', message: 'Stopped.' };
}

function explainRefusal(error: ApiError, called?: Called): { outcome: Outcome; message: string } {
  const { status } = error;
  if (status === 401) {
    const sent = called?.hasKey === false ? ` No key was sent: none is stored for ${called.url}.` : '';
    return {
      outcome: 'unauthorized',
      message: `${error.message}${sent} Log in with "plantain login", or set PLANTAIN_URL and PLANTAIN_API_KEY.`,
    };
  }
  if (status === 403) return { outcome: 'unauthorized', message: error.message };
  if (status === 404) {
    const hint = called === undefined ? error.hint : hintAtPath(called, error.hint);
    return { outcome: 'refused', message: [error.message, hint ?? ''].join(' ').trim() };
  }
  return { outcome: status >= 500 ? 'unreachable' : 'refused', message: error.message };
}

/** Hint on an address with a path such as `/v1`, the likelier reason for a 404. */
function hintAtPath({ url, source }: Called, hint: string | undefined): string | undefined {
  if (new URL(url).pathname === '/') return hint;
  return `${calledAt[source](url)} An address is everything before /api/gemini/nano-banana.`;
}

interface SystemError extends Error {
  code: string;
  path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error && 'syscall' in error && typeof (error as { code?: unknown }).code === 'string'
  );
}

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EEXIST: 'a file is in the way',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk can’t be written to',
  EADDRINUSE: 'the port is taken by another program',
};

function explainSystemError({ code, path, message }: SystemError): string {
  const reason = systemReasons[code];
  if (reason === undefined) return `The operating system refused: ${message}.`;
  return path === undefined ? `That can’t be done: ${reason}.` : `${path} can’t be used: ${reason}.`;
}

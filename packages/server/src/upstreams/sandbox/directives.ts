// Directives in a prompt, such as `[[fail no_image x2]]`: how a test tells the sandbox what to do, in the manner of a
// payment provider's test cards. Pure; a directive that is not understood becomes a warning that never quotes the prompt.

import { taskErrorTypes } from '../../core/errors.ts';
import type { TaskErrorType } from '../../core/errors.ts';

export interface FailDirective {
  type: TaskErrorType;
  /** How many attempts fail; `Infinity` when the directive gives no count. */
  attempts: number;
  retryAfterMs: number | undefined;
  /** Whether the failure leaves open what became of the call. */
  unknown: boolean;
}

export interface Directives {
  delayMs: number | undefined;
  /** How many pictures. */
  images: number | undefined;
  /** The description. */
  text: string | undefined;
  /** In the order of the prompt: the second takes over where the attempts of the first end. */
  failures: FailDirective[];
  hang: boolean;
  /** Whether the answer is a web page and no picture. */
  webPage: boolean;
  /** One sentence for each directive that did nothing, at most six. */
  warnings: string[];
}

/** The longest wait that a directive can ask for: an hour. */
export const maxDelayMs = 3_600_000;

const maxImages = 10;
const maxAttempts = 100;
const maxWarnings = 5;

interface Rule {
  /** How to write it, for people. */
  usage: string;
  isGiven(found: Directives): boolean;
  /** Takes what follows the keyword into `found`; false when it is malformed. */
  take(rest: string, found: Directives): boolean;
}

/** A rule for a member that `read` makes of what follows the keyword, `undefined` when that is malformed. */
function ruleFor<Member extends keyof Directives>(
  member: Member,
  usage: string,
  read: (rest: string, before: Directives[Member]) => Directives[Member] | undefined,
): Rule {
  return {
    usage,
    isGiven: (found) => member !== 'failures' && found[member] !== undefined && found[member] !== false,
    take(rest, found) {
      const value = read(rest, found[member]);
      if (value !== undefined) found[member] = value;
      return value !== undefined;
    },
  };
}

const rules: ReadonlyMap<string, Rule> = new Map([
  ['delay', ruleFor('delayMs', '[[delay 2s]] takes a number with ms, s or m, up to 60m', parseDelay)],
  [
    'images',
    ruleFor('images', `[[images 3]] takes a whole number from 1 to ${maxImages}`, (rest) =>
      parseCount(rest, maxImages),
    ),
  ],
  ['text', ruleFor('text', '[[text Hello]] takes any text', (rest) => rest)],
  [
    'fail',
    ruleFor(
      'failures',
      `[[fail TYPE]], [[fail TYPE x2]], [[fail TYPE x2 retry_after 3s]] or [[fail TYPE x2 unknown]] takes one of the types ` +
        `${taskErrorTypes.join(', ')}, a count of attempts from x1 to x${maxAttempts} and a delay up to 60m`,
      (rest, before) => {
        const failure = parseFail(rest);
        return failure && [...before, failure];
      },
    ),
  ],
  ['hang', ruleFor('hang', '[[hang]] takes nothing more', (rest) => rest === '' || undefined)],
  ['web_page', ruleFor('webPage', '[[web_page]] takes nothing more', (rest) => rest === '' || undefined)],
]);

/** Finds the directives of a prompt. Never throws; text without `[[` has none. */
export function parseDirectives(prompt: string): Directives {
  const found: Directives = {
    delayMs: undefined,
    images: undefined,
    text: undefined,
    failures: [],
    hang: false,
    webPage: false,
    warnings: [],
  };
  const faults: string[] = [];
  for (const [index, piece] of prompt.split('[[').slice(1).entries()) {
    const end = piece.indexOf(']]');
    const fault = end < 0 ? 'it has no closing ]]' : takeDirective(piece.slice(0, end).trim(), found);
    if (fault) faults.push(`Directive ${index + 1} of the prompt did nothing: ${fault}.`);
  }
  found.warnings = faults.slice(0, maxWarnings);
  if (faults.length > maxWarnings)
    found.warnings.push(`${faults.length - maxWarnings} more directives of the prompt did nothing either.`);
  return found;
}

/** Takes one directive into `found`, or says why not. */
function takeDirective(directive: string, found: Directives): string | undefined {
  const [word = ''] = directive.split(/\s/, 1);
  const rule = rules.get(word.toLowerCase());
  if (!rule) return `the sandbox understands ${Array.from(rules.values(), ({ usage }) => usage).join('; ')}`;
  if (rule.isGiven(found)) return `[[${word.toLowerCase()}]] was given before, and the first counts`;
  return rule.take(directive.slice(word.length).trim(), found) ? undefined : rule.usage;
}

function parseFail(rest: string): FailDirective | undefined {
  const { type, count, delay, unknown } =
    /^(?<type>\w+)(?: x ?(?<count>\d+))?(?: retry_after (?<delay>\S+(?: \S+)??))?(?<unknown> unknown)?$/i.exec(
      rest.replaceAll(/\s+/g, ' '),
    )?.groups ?? {};
  const attempts = count === undefined ? Infinity : parseCount(count, maxAttempts);
  const retryAfterMs = delay === undefined ? undefined : parseDelay(delay);
  const known = taskErrorTypes.find((candidate) => candidate === type?.toLowerCase());
  const malformed = attempts === undefined || (delay !== undefined && retryAfterMs === undefined);
  if (malformed || known === undefined) return undefined;
  return { type: known, attempts, retryAfterMs, unknown: unknown !== undefined };
}

function parseCount(text: string, max: number): number | undefined {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= max ? count : undefined;
}

/** Milliseconds of `2s`, `1500 ms` or `0.5m`; undefined for anything else and above `maxDelayMs`. */
function parseDelay(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,7}(?:\.\d{1,3})?)\s*(ms|s|m)$/i.exec(text) ?? [];
  const factor = { ms: 1, s: 1000, m: 60_000 }[unit?.toLowerCase() ?? ''];
  const delayMs = factor === undefined ? Infinity : Math.round(Number(number) * factor);
  return delayMs <= maxDelayMs ? delayMs : undefined;
}

/** The failure that is due on this attempt (1 is the first), if any. */
export function failureDue(failures: readonly FailDirective[], attempt: number): FailDirective | undefined {
  let covered = 0;
  for (const failure of failures) {
    covered += failure.attempts;
    if (attempt <= covered) return failure;
  }
  return undefined;
}

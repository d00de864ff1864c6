import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { taskErrorTypes } from '../../core/errors.ts';
import { failureDue, parseDirectives } from './directives.ts';

const none = {
  delayMs: undefined,
  images: undefined,
  text: undefined,
  failures: [],
  hang: false,
  webPage: false,
  warnings: [],
};

/** Strings in which the marks of directives are frequent. */
const directiveSoup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[[',
        ']]',
        '[',
        ']',
        ' ',
        'delay',
        'images',
        'text',
        'fail',
        'hang',
        'x2',
        '3s',
        'retry_after',
        'unknown',
      ),
      fc.constantFrom(...taskErrorTypes),
      fc.string(),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

describe('parseDirectives', () => {
  test('reads every directive, wherever it stands', () => {
    expect(
      parseDirectives(
        '[[delay 2s]]a cat [[images 3]] in a hat[[text Hello there]][[fail no_image x2 retry_after 3s]] [[hang]]',
      ),
    ).toEqual({
      delayMs: 2000,
      images: 3,
      text: 'Hello there',
      failures: [{ type: 'no_image', attempts: 2, retryAfterMs: 3000, unknown: false }],
      hang: true,
      webPage: false,
      warnings: [],
    });
  });

  test.each([
    ['[[delay 2s]]', 2000],
    ['[[delay 1500ms]]', 1500],
    ['[[ DELAY  1 M ]]', 60_000],
    ['[[delay 0.5s]]', 500],
    ['[[delay 0ms]]', 0],
    ['[[delay 60m]]', 3_600_000],
    ['[[a [[delay 2s]]', 2000],
  ])('%s asks for %i milliseconds', (prompt, delayMs) => {
    expect(parseDirectives(prompt).delayMs).toBe(delayMs);
  });

  test('without a count a failure is for every attempt', () => {
    expect(parseDirectives('[[Fail Content_Rejected]]').failures).toEqual([
      { type: 'content_rejected', attempts: Infinity, retryAfterMs: undefined, unknown: false },
    ]);
  });

  test.each([
    ['[[fail no_image unknown]]', Infinity, undefined],
    ['[[fail no_image x2 unknown]]', 2, undefined],
    ['[[fail no_image x2 retry_after 3 s  UNKNOWN ]]', 2, 3000],
  ])('%s leaves the outcome open', (prompt, attempts, retryAfterMs) => {
    expect(parseDirectives(prompt).failures).toEqual([
      { type: 'no_image', attempts, retryAfterMs, unknown: true },
    ]);
  });

  test('an empty text is a text', () => {
    expect(parseDirectives('[[text]]')).toEqual({ ...none, text: '' });
  });

  test.each([
    ['[[dance]]', '[[hang]]'],
    ['[[]]', '[[delay 2s]]'],
    ['[[delay]]', '[[delay 2s]]'],
    ['[[delay 61m]]', 'up to 60m'],
    ['[[delay 2 weeks]]', 'ms, s or m'],
    ['[[images 0]]', 'from 1 to 10'],
    ['[[images 11]]', 'from 1 to 10'],
    ['[[images 2.5]]', 'from 1 to 10'],
    ['[[fail]]', 'content_rejected'],
    ['[[fail toString]]', 'content_rejected'],
    ['[[fail no_image x0]]', 'x1'],
    ['[[fail no_image retry_after soon]]', 'retry_after 3s'],
    ['[[hang on]]', '[[hang]]'],
    ['[[delay 2s', 'no closing ]]'],
  ])('%s does nothing and is answered with what is understood: %s', (prompt, hint) => {
    const { warnings, ...rest } = parseDirectives(`a red bird ${prompt}`);
    expect(rest).toEqual({
      ...none,
      warnings: undefined,
      ...rest,
      hang: false,
      webPage: false,
      failures: [],
      images: undefined,
    });
    expect(rest.delayMs).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(hint);
    expect(warnings[0]).not.toContain('red bird');
  });

  test('of two of a kind the first counts and the second is warned about', () => {
    const directives = parseDirectives('[[delay 1s]] [[delay 2s]]');
    expect(directives.delayMs).toBe(1000);
    expect(directives.warnings).toEqual([
      'Directive 2 of the prompt did nothing: [[delay]] was given before, and the first counts.',
    ]);
  });

  test('many unknown directives give few warnings, and the rest are counted', () => {
    const { warnings } = parseDirectives('[[nonsense]]'.repeat(1000));
    expect(warnings).toHaveLength(6);
    expect(warnings[5]).toContain('995');
  });

  test('no string makes it throw, and each directive either does something or is warned about', () => {
    fc.assert(
      fc.property(directiveSoup, (prompt) => {
        const { delayMs, images, text, failures, hang, warnings } = parseDirectives(prompt);
        const opened = prompt.split('[[').length - 1;
        const done =
          [delayMs, images, text].filter((value) => value !== undefined).length +
          failures.length +
          Number(hang);
        expect(done + warnings.length === opened || warnings.length === 6).toBe(true);
        expect(delayMs ?? 0).toBeLessThanOrEqual(3_600_000);
        expect(images ?? 1).toBeLessThanOrEqual(10);
      }),
    );
  });

  test('text without [[ has no directives', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseDirectives(text.replaceAll('[[', '['))).toEqual(none);
      }),
    );
  });
});

describe('failureDue', () => {
  const { failures } = parseDirectives('[[fail no_image x2]] [[fail internal x1]]');

  test.each([
    [1, 'no_image'],
    [2, 'no_image'],
    [3, 'internal'],
    [4, undefined],
  ])('failures take turns: attempt %i meets %s', (attempt, type) => {
    expect(failureDue(failures, attempt)?.type).toBe(type);
  });
});

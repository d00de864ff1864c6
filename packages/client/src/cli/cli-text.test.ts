// The parts of the command line that only make text: names of files, paths of the login, progress, times.

import { join, parse, sep } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyCharacter } from '../../../server/src/lib/any-character.fixture.ts';
import { progressText } from './batch/progress.ts';
import { localAddress } from './local-address.ts';
import { checkedUrl, loginPath } from './login-file.ts';
import { picturePath } from './picture-files.ts';
import { iterm2, kitty } from './picture-protocols.ts';
import { durationText } from './task-text.ts';
import { createTerminal, plain } from './terminal.ts';

describe('names of pictures', () => {
  test.each([
    ['cat.png', '', 'image/png', 'cat.png'],
    ['cat.png', '2', 'image/png', 'cat-2.png'],
    ['cat.png', '', 'image/jpeg', 'cat.png'],
    ['cat', '', 'image/jpeg', 'cat.jpg'],
    ['v1.5 cat', '', 'image/webp', 'v1.5 cat.webp'],
    ['out/', '', 'image/png', join('out', 'id.png')],
    ['out/', '3', undefined, join('out', 'id-3.png')],
    ['out/{n}', '007', 'image/png', join('out', '007.png')],
    ['{id}_{n}.{ext}', '', 'image/avif', 'id_1.avif'],
  ])('%s with the number %j of %s is %s', (template, number, contentType, path) => {
    expect(picturePath(template, { id: 'id', number, contentType })).toBe(path);
  });

  test('no id and no type that a server sends leads out of the folder', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom('out/', 'out/{id}', 'out/{id}.{ext}'),
        (id, type, template) => {
          const path = picturePath(template, { id, number: '', contentType: type });
          expect(parse(path).dir).toBe('out');
          expect(parse(path).base).not.toContain(sep);
          expect(['.', '..']).not.toContain(parse(path).base);
        },
      ),
    );
  });
});

describe('the login', () => {
  test.each([
    [{ HOME: '/home/a' }, 'linux', '/home/a/.config/plantain/config.json'],
    [{ HOME: '/home/a', XDG_CONFIG_HOME: '/c' }, 'linux', '/c/plantain/config.json'],
    [{ HOME: '/home/a', XDG_CONFIG_HOME: 'relative' }, 'linux', '/home/a/.config/plantain/config.json'],
    [{ HOME: '/home/a', APPDATA: '/roaming' }, 'win32', '/roaming/plantain/config.json'],
  ] as const)('of %j on %s is %s', (environment, platform, path) => {
    expect(loginPath(environment, platform)).toBe(path);
  });

  test.each(['', 'localhost:8787', 'ftp://a', 'http://user@a', 'http://a?key=1', 'http://a#b'])(
    '%j is no address of a server',
    (url) => {
      expect(() => checkedUrl(url)).toThrow(/address must/);
    },
  );
});

test('progress has counts, and a rate and a remaining time once something has ended', () => {
  const counts = { total: 100, done: 40, failed: 10, endedNow: 20, seconds: 10 };
  expect(progressText(counts)).toBe('[############------------] 50/100, 10 failed, 2.0/s, 25 s left');
  expect(progressText({ ...counts, endedNow: 0 })).toBe('[############------------] 50/100, 10 failed');
  expect(progressText({ ...counts, failed: 60, endedNow: 1 })).toBe(
    '[########################] 100/100, 60 failed, 6.0/min',
  );
});

test.each([
  ['http://127.0.0.1:3000/hook', { host: '127.0.0.1', port: 3000 }],
  ['http://localhost/', { host: '127.0.0.1', port: 80 }],
  ['http://127.8.8.8:9', { host: '127.8.8.8', port: 9 }],
  ['https://127.0.0.1:3000/', undefined],
  ['http://192.0.2.1:3000/', undefined],
  ['https://tunnel.example/', undefined],
  [undefined, undefined],
])('of the URL %s this machine is called at %j', (url, address) => {
  expect(localAddress(url)).toEqual(address);
});

test('durations are in words', () => {
  expect([0, 59.6, 61, 3_599, 7_320].map(durationText)).toEqual([
    '0 s',
    '1 min 0 s',
    '1 min 1 s',
    '59 min 59 s',
    '2 h 2 min',
  ]);
});

/** A terminal of so many columns, and what it was written. */
function screenOf(columns: number) {
  let text = '';
  const write = (piece: Buffer, _encoding: string, done: () => void) => {
    text += String(piece);
    done();
  };
  const stderr = Object.assign(new Writable({ write }), { isTTY: true, columns });
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  const terminal = createTerminal({ stdin: new PassThrough(), stdout, stderr }, {}, () => {});
  const written = () => {
    const since = text;
    text = '';
    return since;
  };
  return { terminal, written };
}

test('a line that is too long for the screen is cut, and a screen that does not know its width shows it whole', () => {
  for (const [columns, shown] of [
    [10, 'a long l…'],
    [0, 'a long line'],
  ] as const) {
    const { terminal, written } = screenOf(columns);
    terminal.status('a long line');
    expect(written()).toBe(shown);
  }
});

test('what comes while a question stands is written once it is answered, and the moving line after it', () => {
  const { terminal, written } = screenOf(80);
  terminal.status('1/2');
  const release = terminal.hold();
  written();
  terminal.status('2/2');
  terminal.message('done');
  expect(written()).toBe('');
  release();
  expect(written()).toBe('done\n2/2');
});

test('what a server says can’t move the cursor', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      expect(plain(text)).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/);
      expect(plain(text)).toHaveLength(text.length);
    }),
  );
});

describe('pictures in a terminal', () => {
  test('go to kitty in pieces of at most 4096 characters that give the bytes again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 10_000 }), (bytes) => {
        // oxlint-disable-next-line no-control-regex -- they are what the protocol begins and ends with
        const pieces = [...kitty.encode(bytes).matchAll(/\u001B_G([^;]*);([^\u001B]*)\u001B\\/g)];
        expect(pieces.every(([, , piece = '']) => piece.length <= 4_096)).toBe(true);
        expect(pieces.map(([, control = '']) => control.endsWith('m=1'))).toEqual(
          pieces.map((_, index) => index < pieces.length - 1),
        );
        expect(Buffer.from(pieces.map(([, , piece]) => piece).join(''), 'base64').equals(bytes)).toBe(true);
      }),
    );
  });

  test('go to iTerm2 with their size', () => {
    expect(iterm2.encode(new Uint8Array([1, 2, 3]))).toBe(
      '\u001B]1337;File=inline=1;size=3;preserveAspectRatio=1:AQID\u0007\n',
    );
  });
});

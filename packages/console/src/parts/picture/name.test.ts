import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyCharacter } from '../../../../server/src/lib/any-character.fixture.ts';
import { nameOfPicture } from './name.ts';

const picture = { taskId: '01980000-0000-7000-8000-0000abcdef12', index: 1, serverName: 'output-2.png' };

test('a name has words of the prompt, the task and the place in it, and the ending of the format', () => {
  expect(nameOfPicture({ ...picture, prompt: 'A banana, on the moon!' })).toBe(
    'A-banana-on-the-moon-abcdef12-2.png',
  );
  expect(nameOfPicture({ ...picture, prompt: '月球上的香蕉，长影 [[delay 2s]]' })).toBe(
    '月球上的香蕉-长影-abcdef12-2.png',
  );
  expect(nameOfPicture(picture)).toBe('abcdef12-2.png');
  expect(nameOfPicture({ ...picture, prompt: ' …[[hang]]' })).toBe('abcdef12-2.png');
});

test('whatever the prompt, every system takes the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 300 }), (prompt) => {
      const name = nameOfPicture({ ...picture, prompt });
      expect(name).toMatch(/^([\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}-]*-)?abcdef12-2\.png$/u);
      expect(Array.from(name).length).toBeLessThanOrEqual(60);
    }),
  );
});

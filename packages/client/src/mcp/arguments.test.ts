import { expect, test } from 'vitest';
import { ArgumentsError, type ArgumentsSchema, readArguments } from './arguments.ts';

const schema: ArgumentsSchema = {
  type: 'object',
  properties: {
    prompt: { type: 'string', minLength: 1 },
    size: { type: 'string', maxLength: 5, description: '1K, 2K or 4K.' },
    state: { type: 'string', enum: ['pending', 'error'] },
    seconds: { type: 'integer', minimum: 0, maximum: 600 },
    seed: { type: 'integer', minimum: 0 },
    dry: { type: 'boolean' },
    links: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3 },
  },
  required: ['prompt'],
  additionalProperties: false,
};
const read = (given: Record<string, unknown>) => readArguments('draw', schema, given);

test.each([
  ['what is right as it is', { seconds: 4, links: ['a'] }, { seconds: 4, links: ['a'] }],
  ['a number as text', { seconds: '4', seed: ' 7 ' }, { seconds: 4, seed: 7 }],
  ['null and nothing as left out', { size: null, state: '', seed: undefined, links: null }, {}],
  ['a yes or no as text', { dry: 'true' }, { dry: true }],
  ['one entry for a list', { links: 'data:image/png;base64,AA' }, { links: ['data:image/png;base64,AA'] }],
  ['a list as text', { links: ' ["a", "b"]' }, { links: ['a', 'b'] }],
  ['links with commas', { links: 'http://a/1,2, https://b' }, { links: ['http://a/1,2', 'https://b'] }],
  ['brackets that are no list', { links: '[a' }, { links: ['[a'] }],
])('%s is read', (_, given, wanted) => {
  expect(read({ prompt: 'x', ...given })).toEqual({ prompt: 'x', ...wanted });
});

test.each([
  [
    { n: 2 },
    'n is not an argument: the arguments of this tool are prompt, size, state, seconds, seed, dry and links',
  ],
  [{ n: 2, __proto: 1 }, 'n, __proto are not arguments'],
  [{ ['a b'.repeat(30)]: 2 }, 'text of 90 characters is not an argument'],
  [{ prompt: '' }, 'prompt is empty, and must be text that is not empty'],
  [{ prompt: 5 }, 'prompt is 5 (a number), and must be text that is not empty'],
  [{ prompt: { text: 'x' } }, 'prompt is an object, and must be text'],
  [{ prompt: null }, 'prompt is missing: it must be text that is not empty'],
  [{ size: 2 }, 'size is 2 (a number), and must be text of 0 to 5 characters (1K, 2K or 4K)'],
  [{ size: '123456' }, 'size has 6 characters, and must be text of 0 to 5 characters'],
  [{ state: 'done' }, 'state is "done", and must be pending or error'],
  [{ seconds: 601 }, 'seconds is 601 (a number), and must be a whole number from 0 to 600'],
  [{ seconds: 'soon' }, 'seconds is "soon", and must be'],
  [{ seconds: true }, 'seconds is true (a boolean), and must be'],
  [{ seed: 1.5 }, 'seed is 1.5 (a number), and must be a whole number of at least 0'],
  [{ dry: 'maybe' }, 'dry is "maybe", and must be true or false'],
  [{ links: [] }, 'links has 0 entries, and must be a list of 1 to 3 texts'],
  [{ links: ['a', 5] }, 'links[1] is 5 (a number), and must be a list of 1 to 3 texts'],
  [{ links: ['a', null] }, 'links[1] is null, and must be'],
  [{ links: { 0: 'a' } }, 'links is an object, and must be'],
])('%j is refused, with what came and what may', (given, words) => {
  expect(() => read({ prompt: 'x', ...given })).toThrow(ArgumentsError);
  expect(() => read({ prompt: 'x', ...given })).toThrow(words);
});

test('every fault stands in one sentence, and long texts are not said again', () => {
  const secret = 'my prompt '.repeat(20);
  const faults = () => read({ seconds: secret, n: 1 });
  expect(faults).toThrow(
    /^Input validation error: Invalid arguments for tool draw: n is not .*; prompt is missing: .*; seconds is text of 200 characters, .*\.$/,
  );
  expect(faults).not.toThrow(/my prompt/);
});

test('a call of thousands of unknown arguments is refused in a few words', () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`a${index}`, 1]));
  expect(() => read(many)).toThrow(/a0, a1, a2, a3, a4 and 4995 more are not arguments/);
});

test('a tool without arguments, or with one, says so', () => {
  const of = (properties: ArgumentsSchema['properties']) => () =>
    readArguments('list', { type: 'object', properties, additionalProperties: false }, { x: 1 });
  expect(of({})).toThrow('x is not an argument: this tool takes none.');
  expect(of({ id: { type: 'string' } })).toThrow('x is not an argument: this tool takes id alone.');
});

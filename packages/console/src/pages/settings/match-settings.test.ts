import type { SettingData } from '@plantain/client';
import { expect, test } from 'vitest';
import { matchSettings, piecesOf, showValue } from './match-settings.ts';

const setting = (name: string, more: Partial<SettingData> = {}): SettingData => ({
  name,
  is_hidden: false,
  source: 'default',
  set_by: null,
  variable: `PLANTAIN_${name.toUpperCase()}`,
  about: 'What it is for.',
  ...more,
});
const settings = [
  setting('port', { about: 'Port to listen on.' }),
  setting('data_dir', { source: 'environment' }),
  setting('upstreams', { variable: null, source: 'file' }),
];
const found = (search: string, onlySet = false) =>
  matchSettings(settings, { search, onlySet }).map(({ name }) => name);

test('a search finds settings by parts of their name, variable and explanation, in any order', () => {
  expect(found('')).toEqual(['port', 'data_dir', 'upstreams']);
  expect(found('LISTEN po')).toEqual(['port']);
  expect(found('plantain_data')).toEqual(['data_dir']);
  expect(found('nothing like it')).toEqual([]);
});

test('what was set alone can be shown', () => {
  expect(found('', true)).toEqual(['data_dir', 'upstreams']);
});

test('values are written as one can set them', () => {
  expect([showValue(5), showValue('x'), showValue(true)]).toEqual(['5', 'x', 'true']);
  expect(showValue(['a', 'b'])).toBe('[\n  "a",\n  "b"\n]');
});

test('every second piece of a text is code', () => {
  expect(piecesOf('Set `a` or `b`.')).toEqual(['Set ', 'a', ' or ', 'b', '.']);
});

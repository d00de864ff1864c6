import { expect, test } from 'vitest';
import { matchSettings } from './match-settings.ts';
import { fixtureSetting } from './setting.fixture.ts';

const settings = [
  fixtureSetting('port', { about: 'Port to listen on.' }),
  fixtureSetting('data_dir', { source: 'environment' }),
  fixtureSetting('upstreams', { variable: null, source: 'file' }),
];
const chinese = (name: string) => (name === 'port' ? '监听的端口。' : '');
const found = (search: string, onlySet = false) =>
  matchSettings(settings, { search, onlySet, explain: ({ name }) => chinese(name) }).map(({ name }) => name);

test('a search finds settings by parts of their name, variable and explanation, in any order', () => {
  expect(found('')).toEqual(['port', 'data_dir', 'upstreams']);
  expect(found('LISTEN po')).toEqual(['port']);
  expect(found('plantain_data')).toEqual(['data_dir']);
  expect(found('nothing like it')).toEqual([]);
});

test('a search finds what the person reads, and the English of it', () => {
  expect(found('端口')).toEqual(['port']);
  expect(found('端口 listen')).toEqual(['port']);
});

test('what was set alone can be shown', () => {
  expect(found('', true)).toEqual(['data_dir', 'upstreams']);
});

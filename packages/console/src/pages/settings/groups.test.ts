import { expect, test } from 'vitest';
import { groupSettings } from './groups.ts';
import { fixtureSetting } from './setting.fixture.ts';

test('settings stand in their groups, in the order of the server; groups without any are left out', () => {
  const names = ['s3_bucket', 'port', 'host', 'max_tries'];
  const groups = groupSettings(names.map((name) => fixtureSetting(name)));
  expect(groups.map(({ name, settings }) => [name, settings.map((each) => each.name)])).toEqual([
    ['server', ['port', 'host']],
    ['tasks', ['max_tries']],
    ['storage', ['s3_bucket']],
  ]);
});

test('a setting that is not known is shown in the last group', () => {
  const groups = groupSettings([fixtureSetting('of_a_newer_server'), fixtureSetting('port')]);
  expect(groups.map(({ name }) => name)).toEqual(['server', 'other']);
});

import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the page for operators has every event that the log may hold, and no other', () => {
  const written = /\blog(?:\.\w+|\[\w+\])\([^;]*?'(\w+)',?\s*\)/g;
  const events = globSync('packages/server/src/**/*.ts')
    .filter((path) => !/\.(?:test|fixture|conformance)\.ts$/.test(path))
    .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(written)].map(([, event]) => event));
  const page = readFileSync('docs/operating.md', 'utf8');
  const table = page.slice(page.indexOf('| level'), page.indexOf('## When things fail'));
  const listed = table.split('\n').flatMap((row) => row.split('|')[2]?.match(/\w+(?=`)/g) ?? []);
  // The one event of `debug` stands in the words before the table.
  const isTold = (event = '') =>
    listed.includes(event) || page.includes(`\`log_level: debug\` adds \`${event}\``);
  expect(events.length).toBeGreaterThan(20);
  expect(events.filter((event) => !isTold(event))).toEqual([]);
  expect(listed.filter((event) => event !== 'msg' && !events.includes(event))).toEqual([]);
});

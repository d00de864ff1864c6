import { readFileSync } from 'node:fs';
import { eventLevels } from '../packages/server/src/event-log.ts';
import { expect, test } from 'vitest';

const page = readFileSync('docs/operating.md', 'utf8');
const table = page.slice(page.indexOf('| level'), page.indexOf('## Traces'));
const listed = table
  .split('\n')
  .slice(2)
  .flatMap((row) => {
    const [, level = '', names = ''] = row.split('|');
    return [...names.matchAll(/(\w+)`/g)].map(([, event = '']) => ({ event, level: level.trim() }));
  });
const events = Object.entries(eventLevels)
  .map(([event, level]) => ({ event, level }))
  .filter(({ level }) => level !== 'silent');

test('the page for operators has every event that the log may hold, and no other', () => {
  // The one event of `debug` stands in the words before the table.
  const isTold = ({ event }: { event: string }) =>
    listed.some((each) => each.event === event) || page.includes(`\`log_level: debug\` adds \`${event}\``);
  expect(events.length).toBeGreaterThan(20);
  expect(events.filter((each) => !isTold(each))).toEqual([]);
  expect(listed.filter(({ event }) => !events.some((each) => each.event === event))).toEqual([]);
});

test('the page for operators has each event at its level', () => {
  const fixed = new Map(
    events.flatMap(({ event, level }) => (typeof level === 'string' ? [[event, level]] : [])),
  );
  expect(listed.length).toBeGreaterThan(20);
  expect(listed.filter(({ event, level }) => (fixed.get(event) ?? level) !== level)).toEqual([]);
});

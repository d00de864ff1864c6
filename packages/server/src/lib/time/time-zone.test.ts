import { expect, test } from 'vitest';
import { isTimeZone } from './time-zone.ts';

test('a time zone has a name, and no offset or other text is one', () => {
  expect(['Europe/Berlin', 'UTC', 'asia/shanghai'].filter(isTimeZone)).toHaveLength(3);
  expect(['+01:00', '', 'Nowhere/City', ' UTC', '1'].filter(isTimeZone)).toEqual([]);
});

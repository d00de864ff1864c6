import { expect, test } from 'vitest';
import { createEventLog } from './event-log.ts';

function setUp() {
  const lines: { level: string; event: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, event: string) => void lines.push({ level, event, fields });
  const log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
  };
  return { lines, emit: createEventLog(log) };
}

test('an event is one line of its name, at its level', () => {
  const { lines, emit } = setUp();
  emit('leases_rescued', { rescued: 2 });
  emit('store_died', { error: 'The disk is gone.' });
  expect(lines).toEqual([
    { level: 'warn', event: 'leases_rescued', fields: { rescued: 2 } },
    { level: 'fatal', event: 'store_died', fields: { error: 'The disk is gone.' } },
  ]);
});

test('a failed attempt is an error where the operator has to mend the key or its credit', () => {
  const { lines, emit } = setUp();
  const failed = { task: 'id', attempt: 1, upstream: 'gemini', key: 'key_1' };
  for (const type of ['upstream_auth', 'upstream_billing', 'upstream_quota'] as const)
    emit('attempt_failed', { ...failed, type });
  expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'warn']);
});

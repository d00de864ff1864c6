import { expect, test } from 'vitest';
import { createLog, type LogOutput, type LogSettings } from './log-output.ts';

const fields = { task: 'task_1', error: 'The disk\u001b[31m is "full".' };

async function lineOf(
  settings: Partial<LogSettings>,
  terminal: Partial<LogOutput> = {},
  told: object = fields,
): Promise<string> {
  let lines = '';
  const write = (line: string) => (lines += line);
  const output = { write, isTerminal: false, hasColours: false, ...terminal };
  const log = await createLog({ log_level: 'info', log_format: 'auto', ...settings }, output);
  log.debug(told, 'webhook_attempt');
  log.error(told, 'take_failed');
  return lines;
}

test('a program gets an object a line, and a person at a terminal the time, the level, the event and its fields', async () => {
  const json = await lineOf({});
  expect(JSON.parse(json)).toEqual({ level: 50, time: expect.any(Number), msg: 'take_failed', ...fields });
  const pretty = await lineOf({}, { isTerminal: true });
  expect(pretty).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: take_failed \{"task":"task_1","error":"The disk\\u001b\[31m is \\"full\\"\."\}\n$/,
  );
});

test('the setting has its way over the terminal', async () => {
  expect(await lineOf({ log_format: 'json' }, { isTerminal: true })).toMatch(/^\{"level":50,.*\}\n$/);
  expect(await lineOf({ log_format: 'pretty' })).toMatch(/ERROR: take_failed/);
});

test.each(['json', 'pretty'] as const)(
  'nothing of a field ends a line of %s, or is a command to a terminal',
  async (format) => {
    const error =
      'one\n[12:00:00.000] INFO: two\r\u0085\u2028\u001b[2J\u009b2J\u202eeno\u2066\u007f\u061c\u200e\u200f\ufeff';
    const line = await lineOf({ log_format: format }, { isTerminal: true }, { error });
    expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+\n$/u);
    expect(JSON.parse(/\{.*\}/.exec(line)?.[0] ?? '')).toMatchObject({ error });
  },
);

test('there are colours where the terminal has them', async () => {
  expect(await lineOf({}, { isTerminal: true, hasColours: true })).toContain('\u001b[31mERROR\u001b[39m');
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { isMissing } from './needed-tool.fixture.ts';

const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);

function onMachine(ci: string): void {
  vi.stubEnv('CI', ci);
  log.mockClear();
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('tests of a tool that is not installed are skipped with one line', () => {
  onMachine('');
  expect(isMissing('a-tool-that-nobody-has')).toBe(true);
  expect(isMissing('a disk', false)).toBe(true);
  expect(log.mock.calls).toEqual([
    [expect.stringContaining('a-tool-that-nobody-has')],
    [expect.stringContaining('a disk')],
  ]);
});

test('tests of a tool that is not installed fail where CI is set', () => {
  onMachine('true');
  expect(() => isMissing('a-tool-that-nobody-has')).toThrow('no a-tool-that-nobody-has');
  expect(() => isMissing('a disk', false)).toThrow('no a disk');
});

test('tests of a tool that is installed are run, and nothing is said', () => {
  onMachine('true');
  expect(isMissing(process.execPath)).toBe(false);
  expect(isMissing('a disk', true)).toBe(false);
  expect(log).not.toHaveBeenCalled();
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { labelOf } from '../config/upstream-settings.ts';
import { configCommand } from './config.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plantain-config-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

test('config shows every setting with where it came from, and of a key its label at the most', () => {
  const file = join(directory, 'plantain.yaml');
  writeFileSync(
    file,
    `upstreams:
  eu: { kind: gemini, keys: [file-secret, { name: team-b, key: named-secret }, { env: TEAM_C }] }
  us: { kind: openai, key: single-secret, concurrency: 3 }
concurrency: 5
`,
  );
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  configCommand([], { PLANTAIN_CONFIG: file, TEAM_C: 'variable-secret', FAL_KEY: 'one-secret,two-secret' });
  const lines = log.mock.calls.map(([line]) => String(line));
  const upstreams = JSON.stringify({
    eu: {
      kind: 'gemini',
      keys: [{ name: labelOf('file-secret') }, { name: 'team-b' }, { env: 'TEAM_C' }],
    },
    us: { kind: 'openai', concurrency: 3, key: { name: labelOf('single-secret') } },
  });
  const row = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.split(/ {2,}/);
  expect(row('upstreams')).toEqual(['upstreams', upstreams, file]);
  expect(row('fal_key')).toEqual(['fal_key', '(hidden)', 'FAL_KEY']);
  expect(row('concurrency')).toEqual(['concurrency', '5', file]);
  expect(row('host')).toEqual(['host', '"127.0.0.1"', 'default']);
  expect(lines.join('\n')).not.toContain('-secret');
});

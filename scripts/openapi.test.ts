import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderOpenApi } from './openapi.ts';

const root = join(import.meta.dirname, '..');
const file = join(root, 'docs', 'openapi.json');

test('docs/openapi.json is what the server serves; `node scripts/openapi.ts > docs/openapi.json` mends it', async () => {
  expect(readFileSync(file, 'utf8')).toBe(await renderOpenApi());
});

test('the linter of OpenAPI documents finds nothing', () => {
  const passedOver = [
    // The router takes words that are written out before those that are not: `batch` is no id.
    'no-ambiguous-paths',
    // A call that anybody may make without any input, such as /healthz, has nothing to refuse.
    'operation-4xx-response',
  ];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      fileURLToPath(import.meta.resolve('@redocly/cli/bin/cli.js')),
      'lint',
      file,
      '--extends',
      'recommended',
      '--format',
      'json',
      ...passedOver.flatMap((rule) => ['--skip-rule', rule]),
    ],
    {
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      timeout: 25_000,
    },
  );
  expect(stdout, stderr).not.toBe('');
  const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string }[] };
  expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { postgresUrl } from '../packages/server/src/store/postgres/database/store.fixture.ts';
import { isMissing } from './needed-tool.fixture.ts';

const script = fileURLToPath(new URL('../bench/cap.ts', import.meta.url));

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('the cap of a budget', () => {
  test('holds for submits at once, on one server and over several', { timeout: 180_000 }, async () => {
    const run = spawn(process.execPath, [script, '60', '9', '1'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(run, 'close');
    // It ends all that it has started.
    onTestFinished(() => void run.kill('SIGTERM'));
    const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr)]);
    await closed;
    expect(stdout + stderr).toContain('The cap held.');
  });
});

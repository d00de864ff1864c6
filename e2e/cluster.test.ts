import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { postgresUrl } from '../packages/server/src/store/postgres/database/store.fixture.ts';
import { isMissing } from './needed-tool.fixture.ts';

const script = fileURLToPath(new URL('../bench/cluster.ts', import.meta.url));

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('several servers on one database', () => {
  test('lose, repeat and take back nothing while one is killed and the database is restarted', async () => {
    const run = spawn(process.execPath, [script, 'small'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(run, 'close');
    // It ends all that it has started.
    onTestFinished(() => void run.kill('SIGTERM'));
    const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr)]);
    await closed;
    expect(stdout + stderr).toContain('Every promise held.');
  });
});

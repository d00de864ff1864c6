import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { parseConfig } from '../../config/parse-config.ts';
import type { WebhookPost } from '../../core/webhooks/webhook-post.ts';
import { databaseFile } from '../../store/sqlite/database-file.ts';
import { tryWebhooks } from './check-webhooks.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';

const secret = `whsec_${Buffer.alloc(24).toString('base64')}`;
const endpoints = ['a', 'b'].map((id) => ({ id, url: `https://${id}.example/hook`, secrets: [secret] }));
const took: WebhookPost = () => Promise.resolve({ status: 204, start: '' });

async function all(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of findings) found.push(finding);
  return found;
}

const tried = (
  found: Parameters<typeof tryWebhooks>[0],
  parts: { post: WebhookPost; signal?: AbortSignal },
) => all(tryWebhooks(found, { now: Date.now, ...parts }));

test('an endpoint that could not be tried in time is no fault of its receiver', async () => {
  const round = new AbortController();
  const post: WebhookPost = (url, message, signal) => {
    if (url.includes('a.example')) return took(url, message, signal);
    round.abort(new Error('The time is over.'));
    return Promise.reject(round.signal.reason as Error);
  };
  expect(await tried({ endpoints, count: 2 }, { post, signal: round.signal })).toMatchObject([
    { state: 'ok', says: expect.stringContaining('a.example took a test message') as string },
    { state: 'advice', says: '1 of 2 endpoints were not tried' },
  ]);
});

test('a secret by which nothing can be signed is told of, and the others are tried', async () => {
  const [first, second] = endpoints;
  const found = [{ ...first!, secrets: ['whsec_not base64!'] }, second!];
  const findings = await tried({ endpoints: found, count: 2 }, { post: took });
  expect(findings).toMatchObject([
    { state: 'mend', says: expect.stringContaining('a.example was sent no test message') as string },
    { state: 'ok' },
  ]);
  expect(JSON.stringify(findings)).not.toContain('not base64');
});

/** Findings on keys and webhooks in a folder. */
async function lookedAt(directory: string) {
  const parsed = parseConfig({
    PLANTAIN_DATA_DIR: directory,
    PLANTAIN_PORT: '0',
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
  });
  const options = { now: Date.now, explain: String, triesWebhooks: true };
  const findings = await all(examine(parsed, options));
  return findings.filter(({ check }) => check === 'keys' || check === 'webhooks');
}

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-doctor-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('records that can’t be read are not called none', async () => {
  const directory = temporaryFolder();
  const earlier = new URL('../../store/sqlite/earlier/28.db.gz', import.meta.url);
  writeFileSync(databaseFile(directory), gunzipSync(readFileSync(earlier)));
  const unread = {
    state: 'advice',
    says: expect.stringContaining('an earlier Plantain wrote them') as string,
  };
  expect(await lookedAt(directory)).toMatchObject([unread, unread]);
  writeFileSync(databaseFile(directory), 'no database'.repeat(100));
  const unusable = { state: 'advice', says: 'were not looked at: the store can’t be used' };
  expect(await lookedAt(directory)).toMatchObject([unusable, unusable]);
  expect(await lookedAt(join(directory, 'new'))).toMatchObject([
    { state: 'ok', says: 'none yet; the first start makes one and prints it' },
    { state: 'ok', says: 'none yet' },
  ]);
});

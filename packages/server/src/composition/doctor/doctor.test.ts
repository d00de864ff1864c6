import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { doctorCommand } from '../../cli/doctor.ts';
import { parseConfig } from '../../config/parse-config.ts';
import { adminKey, startServer } from '../../http/server.fixture.ts';
import { startReceiver } from '../../webhooks/receiver.fixture.ts';
import type { StateOnRecord } from '../../store/state-on-record.ts';
import { checkDisk } from './check-disk.ts';
import { checkPublicUrl, checkWayIn, checkWayOut } from './check-links.ts';
import { checkClock, checkKeys } from './check-records.ts';
import { checkSettings } from './check-settings.ts';
import { checkStore } from './check-store.ts';
import { checkWebhooks } from './check-webhooks.ts';
import type { Finding } from './finding.ts';
import type { Answered } from './probe.ts';

const parsed = (settings: Record<string, string>) =>
  parseConfig(
    Object.fromEntries(Object.entries(settings).map(([name, value]) => [`PLANTAIN_${name}`, value])),
  );
const configOf = (settings: Record<string, string>) => parsed(settings).config;

/** Findings as text: each with its state first. */
const inWords = (findings: readonly Finding[]): string =>
  findings.map(({ state, says, mend }) => `${state}: ${says}. ${mend ?? ''}`).join('\n');

const state: StateOnRecord = {
  schema: 23,
  newest: 23,
  usableKeys: 1,
  waiting: 0,
  running: 0,
  latestAt: 0,
  troubledEndpoints: 0,
  troubled: [],
  overdueDeliveries: 0,
};

function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-doctor-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test.each([
  [{ HOST: '0.0.0.0' }, 'mend', 'lead'],
  [{ HOST: '::', PUBLIC_URL: 'http://localhost:8787' }, 'mend', 'Set PLANTAIN_PUBLIC_URL'],
  [{ HOST: '0.0.0.0', PUBLIC_URL: 'https://pictures.example.com' }, 'ok', 'https://pictures.example.com'],
  [{}, 'ok', '127.0.0.1'],
  [{ PUBLIC_URL: 'http://pictures.example.com', TRUSTED_PROXIES: '1' }, 'advice', 'https:'],
])('links of a server with %j: %s', (settings, worst, words) => {
  const found = checkPublicUrl(configOf(settings));
  expect(found.at(-1)?.state).toBe(worst);
  expect(inWords(found)).toContain(words);
});

describe('the way to a server', () => {
  const ready: Answered = { status: 200, headers: new Map(), body: { status: 'ready' } };
  const full: Answered = {
    ...ready,
    status: 503,
    body: { status: 'not ready', message: 'The disk is full.' },
  };
  const byProxy: Answered = { ...ready, headers: new Map([['via', '1.1 proxy']]) };
  const other: Answered = { status: 200, headers: new Map(), body: {} };
  const outside = { PUBLIC_URL: 'https://pictures.example.com' };

  test.each([
    ['no server', {}, 'no answer', 'no answer', 'ok', 'no server answers'],
    ['another program', {}, other, 'no answer', 'mend', 'choose another port'],
    ['a full disk', {}, full, 'no answer', 'mend', 'The disk is full.'],
    ['a name that leads nowhere', outside, ready, 'no answer', 'advice', 'where clients are'],
    ['a name of another server', outside, ready, other, 'mend', 'and not by Plantain'],
    ['a proxy that is not known', outside, ready, byProxy, 'mend', 'PLANTAIN_TRUSTED_PROXIES'],
    ['a known proxy', { ...outside, TRUSTED_PROXIES: '1' }, ready, byProxy, 'ok', '1 in front'],
    [
      'a way past the proxy',
      { ...outside, TRUSTED_PROXIES: '1', HOST: '0.0.0.0' },
      ready,
      byProxy,
      'advice',
      'claim any address',
    ],
  ] as const)('with %s', async (_name, settings, own, beyond, worst, words) => {
    const { findings, isServed } = await checkWayIn(configOf(settings), (url) =>
      Promise.resolve(url.startsWith('https') ? beyond : own),
    );
    expect(findings.at(-1)?.state).toBe(worst);
    expect(inWords(findings)).toContain(words);
    expect(isServed).toBe(own === ready || own === full);
  });
});

test('proxies on the way out are named without their passwords', () => {
  expect(checkWayOut(configOf({}))).toMatchObject([{ state: 'ok', says: 'none on the way out' }]);
  const out = { HTTPS_PROXY: 'http://someone:secret@proxy.example:3128', PLANTAIN_LINK_PROXY: 'by_name' };
  const words = inWords(checkWayOut(parseConfig(out).config));
  expect(words).toContain('proxy.example:3128');
  expect(words).not.toContain('secret');
  expect(words).toContain('advice: links and webhooks are handed to the proxy by name');
});

test('a clock that disagrees with the records, or with the database, is told of', () => {
  const now = Date.UTC(2026, 5, 1);
  const minutes = 60_000;
  const stateOf = (latestAt: number, aheadMs: number | null = null) => ({
    state: { ...state, latestAt },
    aheadMs,
  });
  expect(checkClock(now, stateOf(now - minutes))).toMatchObject([{ state: 'ok' }]);
  expect(checkClock(now, stateOf(now + 60 * minutes))).toMatchObject([{ state: 'mend' }]);
  expect(checkClock(now, stateOf(now, 10 * minutes))).toMatchObject([
    { state: 'advice', says: expect.stringContaining('10 minutes behind') as string },
  ]);
  expect(checkClock(now, stateOf(now, -120 * minutes))).toMatchObject([{ state: 'mend' }]);
  expect(checkClock(5, { state: null, aheadMs: null })).toMatchObject([{ state: 'mend' }]);
});

test('keys and webhooks that do not work are told of', () => {
  const settings = { auth: 'keys', admin_key: undefined, declared: 0 } as const;
  expect(checkKeys(settings, { ...state, usableKeys: 0 })).toMatchObject([{ state: 'mend' }]);
  expect(checkKeys(settings, state)).toMatchObject([{ state: 'ok' }]);
  expect(checkKeys(settings, null)).toMatchObject([{ state: 'ok' }]);
  expect(checkWebhooks(state, true)).toMatchObject([{ state: 'ok' }]);
  const off = {
    id: 'we_1',
    url: 'https://shop.example/a-secret-path',
    isOff: true,
    since: Date.UTC(2026, 5, 1),
    reason: 'The receiver answered 410.',
  };
  const late = { ...state, troubledEndpoints: 2, troubled: [off], overdueDeliveries: 3 };
  expect(checkWebhooks(late, true).map((each) => each.state)).toEqual(['advice', 'advice', 'mend']);
  expect(checkWebhooks(late, false).map((each) => each.state)).toEqual(['advice', 'advice', 'advice']);
  const words = inWords(checkWebhooks(late, true));
  expect(words).toContain('we_1 at shop.example is switched off since 2026-06-01');
  expect(words).toContain('answered 410');
  expect(words).not.toContain('a-secret-path');
});

test('a settings file with keys that others can read is told of, without a key', () => {
  const file = join(temporaryFolder(), 'plantain.yaml');
  const text = `admin_key: ${adminKey}\n`;
  writeFileSync(file, text);
  chmodSync(file, 0o644);
  const read = parseConfig({}, { name: file, text });
  expect(inWords(checkSettings(read))).toContain(`chmod 600 '${file}'`);
  expect(inWords(checkSettings(read))).not.toContain(adminKey);
  chmodSync(file, 0o600);
  expect(checkSettings(read).every((each) => each.state === 'ok')).toBe(true);
  expect(inWords(checkSettings(parsed({ AUTH: 'open', HOST: '0.0.0.0' })))).toContain(
    'whoever reaches 0.0.0.0',
  );
});

test('a data directory that others can read, or that a restore was cut off in, is told of', async () => {
  const directory = temporaryFolder();
  const config = configOf({ DATA_DIR: directory });
  expect(inWords((await checkStore(config, Date.now)).findings)).toContain('the first start makes it');
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, '.restoring'), '');
  const words = inWords((await checkStore(config, Date.now)).findings);
  expect(words).toContain(`chmod 700 '${directory}'`);
  expect(words).toContain('plantain-server restore');
});

test('a folder among those of pictures that another user left is told of', async () => {
  const directory = temporaryFolder();
  const [mine, theirs] = ['ab', 'cd'].map((name) => join(directory, 'pictures', 'results', name));
  for (const folder of [mine!, theirs!]) mkdirSync(folder, { recursive: true });
  const config = configOf({ DATA_DIR: directory, MIN_FREE_DISK_BYTES: '0' });
  expect(inWords(await checkDisk(config))).not.toContain('mend:');
  const words = inWords(await checkDisk(config, (path) => path !== theirs));
  expect(words).toContain(`mend: this user may not write ${theirs}`);
});

test('a file where a folder should be is told of', async () => {
  const directory = temporaryFolder();
  const file = join(directory, 'pictures');
  writeFileSync(file, '');
  const pictures = await checkDisk(configOf({ DATA_DIR: directory, MIN_FREE_DISK_BYTES: '0' }));
  expect(inWords(pictures)).toContain(`mend: ${file} is a file, where a folder of pictures should be`);
  const { findings } = await checkStore(configOf({ DATA_DIR: file }), Date.now);
  expect(inWords(findings)).toBe(`mend: ${file} is a file. Choose a directory (PLANTAIN_DATA_DIR).`);
});

async function examined(
  environment: Record<string, string>,
  flags: string[] = [],
): Promise<{ code: unknown; text: string }> {
  const said: string[] = [];
  const spy = vi.spyOn(console, 'log').mockImplementation((text) => void said.push(String(text)));
  try {
    await doctorCommand(['--json', ...flags], environment);
    return { code: process.exitCode, text: said.join('\n') };
  } finally {
    spy.mockRestore();
    process.exitCode = undefined;
  }
}

test('beside a server at work all is looked at, and neither its keys nor those of upstreams are printed', async () => {
  const date = () => new Date(Date.now() + 140_000).toUTCString();
  const upstream = createServer((_, response) => response.writeHead(401, { date: date() }).end('{}')).listen(
    0,
    '127.0.0.1',
  );
  await once(upstream, 'listening');
  onTestFinished(() => void upstream.close());
  const { port } = upstream.address() as AddressInfo;
  const server = await startServer();
  await server.final(await server.submit({ prompt: 'a banana' }));
  const key = 'key-of-the-upstream-that-nobody-may-see';
  const { code, text } = await examined({
    PLANTAIN_DATA_DIR: server.directory,
    PLANTAIN_PORT: new URL(server.url).port,
    PLANTAIN_ADMIN_KEY: adminKey,
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
    NANO_BANANA_API_KEY: key,
    NANO_BANANA_BASE_URL: `http://127.0.0.1:${port}`,
  });
  expect(code).toBe(1);
  const { healthy, findings } = JSON.parse(text) as { healthy: boolean; findings: Finding[] };
  expect(healthy).toBe(false);
  expect(findings.filter((each) => each.state === 'mend').map((each) => each.check)).toEqual([
    'upstreams',
    'clock',
  ]);
  expect(inWords(findings)).toContain('mend: it is 2 minutes behind that of 127.0.0.1');
  expect(inWords(findings)).toMatch(/a server works on it \(process \d+\)/);
  expect(inWords(findings)).toContain('and takes work');
  expect(new Set(findings.map((each) => each.check)).size).toBeGreaterThan(7);
  for (const secret of [key, adminKey]) expect(text).not.toContain(secret);
});

test('endpoints that fail are named, and each is sent a signed test message where that is asked for', async () => {
  const works = await startReceiver();
  const fails = await startReceiver((response) => response.writeHead(500).end());
  const allowed = `127.0.0.1:${works.port},127.0.0.1:${fails.port}`;
  const server = await startServer({ ALLOWED_PRIVATE_HOSTS: allowed });
  const [good, bad] = await Promise.all(
    [works, fails].map(async ({ url }) => {
      const made = await server.post<{ data: { webhook_id: string; secret: string } }>(
        { url },
        '/api/webhooks',
      );
      return made.body.data;
    }),
  );
  await server.final(await server.submit({ prompt: 'a banana' }));
  await Promise.all([works.until(1), fails.until(1)]);
  const settings = {
    PLANTAIN_DATA_DIR: server.directory,
    PLANTAIN_PORT: '0',
    PLANTAIN_MIN_FREE_DISK_BYTES: '0',
  };
  const said = async (flags: string[], hosts = allowed) => {
    const { code, text } = await examined({ ...settings, PLANTAIN_ALLOWED_PRIVATE_HOSTS: hosts }, flags);
    const { findings } = JSON.parse(text) as { findings: Finding[] };
    for (const secret of [good?.secret, bad?.secret, '/hook']) expect(text).not.toContain(secret);
    return { code, words: inWords(findings.filter(({ check }) => check === 'webhooks')) };
  };
  // The record of the failed attempt is written once the receiver has answered.
  const since = `advice: endpoint ${bad?.webhook_id} at 127.0.0.1:${fails.port} fails since`;
  await expect.poll(async () => (await said([])).words).toContain(since);
  expect(works.received).toHaveLength(1);
  const { code, words } = await said(['--try-webhooks']);
  expect(words).toContain(
    `ok: endpoint ${good?.webhook_id} at 127.0.0.1:${works.port} took a test message: 204`,
  );
  expect(words).toMatch(new RegExp(`mend: endpoint ${bad?.webhook_id} at .* took no test message: .*500`));
  expect(code).toBe(1);
  const [, tested] = works.received;
  const message = new Webhook(good?.secret ?? '').verify(
    tested?.body ?? '',
    tested?.headers as Record<string, string>,
  );
  expect(message).toMatchObject({ type: 'webhook.test', data: { webhook_id: good?.webhook_id } });
  const { words: inside } = await said(['--try-webhooks'], '192.0.2.1');
  expect(inside.match(/took no test message/g)).toHaveLength(2);
  expect(works.received).toHaveLength(2);
});

test('settings with faults are all that is looked at', async () => {
  const { code, text } = await examined({ PLANTAIN_PORT: 'x', PLANTAIN_UNKNOWN: '1' });
  expect(code).toBe(1);
  expect((JSON.parse(text) as { findings: Finding[] }).findings.map((each) => each.check)).toEqual([
    'settings',
    'settings',
  ]);
});

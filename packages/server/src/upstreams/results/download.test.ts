import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { createDownload } from './download.ts';
import type { FetchPublic } from './download.ts';
import { failureOf } from '../faults.fixture.ts';
import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply, Seen } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { createTransport } from '../transport.ts';
import type { Transport } from '../transport.ts';

const picture = Buffer.from('the bytes of a picture');
const signal = new AbortController().signal;
const elsewhere = 'https://files.example.com/a.png?signature=secret';

let loopback: Loopback;
let transport: Transport;
let respond: (seen: Seen) => Reply;
beforeEach(async () => {
  respond = () => ({ body: picture });
  loopback = await startLoopback((seen) => respond(seen));
  transport = createTransport();
});
afterEach(async () => {
  await transport.close();
  await loopback.close();
});

const refusing: FetchPublic = () => Promise.reject(new Error('The address is not public.'));

function downloadWith({
  fetchPublic = refusing,
  ...limits
}: { fetchPublic?: FetchPublic; timeoutMs?: number; maxAnswerBytes?: number } = {}) {
  return createDownload({
    upstream: 'Tester',
    baseUrl: `${loopback.url}/v1`,
    transport,
    fetchPublic,
    ...limits,
  });
}

/** The picture is there and paid for: fetching it costs nothing, and can be tried again unless the same would come of it. */
const unfetched = (reason: string, { retryable = true } = {}) => ({
  type: 'upstream_unavailable',
  message: expect.stringContaining(reason),
  retryable,
  upstreamReason: 'picture not fetched',
  answered: true,
});
const permanent = { retryable: false };

test("a link on the upstream's own origin is called directly, with its query and without a credential", async () => {
  const link = `${loopback.url}/files/a.png?signature=secret`;
  expect(Buffer.from(await downloadWith()(link, signal))).toEqual(picture);
  const [{ method, path, headers } = {}] = loopback.seen;
  expect({ method, path }).toEqual({ method: 'GET', path: '/files/a.png?signature=secret' });
  expect(Object.keys(headers ?? {}).toSorted()).toEqual(['accept-encoding', 'connection', 'host']);
});

test('any other link goes through the fetch that refuses inside addresses, even on the same host', async () => {
  const asked: string[] = [];
  const fetchPublic: FetchPublic = (url) => {
    asked.push(url);
    return Promise.resolve({ bytes: picture });
  };
  const links = [elsewhere, 'http://127.0.0.1:1/', `${loopback.url.replace('http:', 'https:')}/a`];
  for (const link of links) expect(await downloadWith({ fetchPublic })(link, signal)).toBe(picture);
  expect(asked).toEqual(links);
  expect(loopback.seen).toEqual([]);
});

test.each([
  ['/files/a.png', '/files/a.png'],
  ['a.png?x=1', '/v1/images/a.png?x=1'],
  ['../a.png', '/v1/a.png'],
  ['//HOST/a.png', '/a.png'],
  ['  http://HOST/a.png#part\n', '/a.png'],
  ['http://HOST/a b.png', '/a%20b.png'],
  ['files/a b.png', '/v1/images/files/a%20b.png'],
  ['/a.png?x=1&amp;signature=2', '/a.png?x=1&signature=2'],
])('a link %j is resolved against the address that was asked', async (link, path) => {
  const { host } = new URL(loopback.url);
  const asked = new URL(`${loopback.url}/v1/images/generations?v=1`);
  expect(Buffer.from(await downloadWith()(link.replace('HOST', host), signal, asked))).toEqual(picture);
  expect(loopback.seen.map((seen) => seen.path)).toEqual([path]);
});

/** Answers with the picture behind these addresses, and with a redirect where one leads on. */
function redirecting(paths: Readonly<Record<string, string>>): (seen: Seen) => Reply {
  return ({ path }) => {
    const location = paths[path];
    return location === undefined ? { body: picture } : { status: 307, headers: { location } };
  };
}

test('a redirect is followed within the own origin, from it to another, and back, without a credential', async () => {
  respond = redirecting({ '/files/a': '../b?c=d', '/b?c=d': elsewhere });
  const asked: string[] = [];
  const fetchPublic: FetchPublic = (url) => {
    asked.push(url);
    return Promise.resolve({ status: 302, location: `${loopback.url}/last` });
  };
  expect(Buffer.from(await downloadWith({ fetchPublic })('/files/a', signal))).toEqual(picture);
  expect(asked).toEqual([elsewhere]);
  expect(loopback.seen.map(({ path }) => path)).toEqual(['/files/a', '/b?c=d', '/last']);
  for (const { headers } of loopback.seen)
    expect(Object.keys(headers).toSorted()).toEqual(['accept-encoding', 'connection', 'host']);
});

test('a redirect in raw UTF-8 is followed', async () => {
  respond = redirecting({ '/a': Buffer.from('/é.png').toString('latin1') });
  expect(Buffer.from(await downloadWith()('/a', signal))).toEqual(picture);
  expect(loopback.seen.map(({ path }) => path)).toEqual(['/a', '/%C3%A9.png']);
});

test('a redirect to an inside address is refused as a link there is', async () => {
  respond = redirecting({ '/a': 'http://127.0.0.1:1/private.png' });
  expect(await failureOf(downloadWith()('/a', signal))).toEqual(unfetched('The address is not public.'));
});

test('a file that is still being made is asked for again', async () => {
  respond = () => ({ status: 202, body: 'in progress' });
  expect(await failureOf(downloadWith()('/a', signal))).toEqual(unfetched('status 202'));
});

test.each(['', 'data:image/png;base64,'])(
  'a picture in a file of base64, behind "%s", is unpacked',
  async (before) => {
    respond = () => ({ body: `${before}${smallPng.toString('base64')}\n` });
    expect(Buffer.from(await downloadWith()('/a', signal))).toEqual(smallPng);
  },
);

test('a picture that comes packed is unpacked', async () => {
  respond = () => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(picture) });
  expect(Buffer.from(await downloadWith()('/a', signal))).toEqual(picture);
});

test('a data: URI is read without asking anybody', async () => {
  const link = `data:image/png;base64,${picture.toString('base64')}`;
  expect(Buffer.from(await downloadWith()(link, signal))).toEqual(picture);
  expect(await failureOf(downloadWith({ maxAnswerBytes: 8 })(link, signal))).toEqual(
    unfetched('8 bytes', permanent),
  );
  expect(await failureOf(downloadWith()('data:image/png;base64,!', signal))).toEqual(
    unfetched('from its link', permanent),
  );
});

const troubles: [string, Reply, string, retryable: boolean][] = [
  ['answers 404', { status: 404 }, 'status 404', true],
  ['answers 500', { status: 500, body: '<html>No.</html>' }, 'status 500', true],
  ['answers 410', { status: 410 }, 'gone for good', false],
  ['redirects to itself', { status: 302, headers: { location: '/a' } }, 'more than 5 times', false],
  ['redirects nowhere', { status: 302 }, 'status 302', true],
  ['redirects to a file', { status: 302, headers: { location: 'file:///a' } }, 'not a link', false],
  ['sends an empty file', {}, 'an empty file', true],
  ['breaks off', { body: picture, misbehave: 'cut' }, 'broke', true],
  ['never answers', { misbehave: 'hang before headers' }, 'within', true],
  ['never ends', { body: picture, misbehave: 'hang after headers' }, 'within', true],
  ['sends too much', { misbehave: 'flood' }, 'over the limit', false],
];

test.each(troubles)(
  'a server that %s leaves the picture where it is, and the message names only the host',
  async (_what, answer, reason, retryable) => {
    respond = () => answer;
    const download = downloadWith({ timeoutMs: 400, maxAnswerBytes: 1000 });
    const failure = await failureOf(download(`${loopback.url}/a?signature=secret`, signal));
    expect(failure).toEqual(unfetched(reason, { retryable }));
    expect(failure.message).toContain(new URL(loopback.url).host);
    expect(failure.message).not.toContain('secret');
  },
);

test('a refusal of the fetch for public links, and a link that is none, are told in the same way', async () => {
  expect(await failureOf(downloadWith()(elsewhere, signal))).toEqual(unfetched('The address is not public.'));
  for (const link of ['', 'file:///etc/passwd', 'There is no link.', 'http://[::1', 'javascript:alert(1)'])
    expect(await failureOf(downloadWith()(link, signal))).toEqual(unfetched('not a link', permanent));
});

test.each([true, false])(
  'the fetch for public links says itself whether another try may help (%s)',
  async (retryable) => {
    const message = 'The picture has more bytes than are taken.';
    const fetchPublic: FetchPublic = () =>
      Promise.reject(new TaskError({ type: 'input_unreachable', message, retryable }));
    const failure = await failureOf(downloadWith({ fetchPublic })(elsewhere, signal));
    expect(failure).toEqual(unfetched(message, { retryable }));
  },
);

test('what the network says may pass, as the picture is there: a host that is not known is asked for again', async () => {
  const failure = {
    type: 'input_unreachable',
    message: 'There is no host named x.',
    retryable: false,
  } as const;
  const fetchPublic: FetchPublic = () =>
    Promise.reject(new TaskError(failure, { cause: new Error('ENOTFOUND') }));
  expect(await failureOf(downloadWith({ fetchPublic })(elsewhere, signal))).toEqual(
    unfetched(failure.message),
  );
});

test('a host without end does not make a message without end', async () => {
  const failure = await failureOf(downloadWith()(`https://${'a.'.repeat(5000)}example/`, signal));
  expect(failure.message.length).toBeLessThan(600);
});

test.each(['own', 'public'] as const)(
  "an abort ends a fetch from an %s link with the signal's reason",
  async (kind) => {
    const controller = new AbortController();
    const reason = new Error('the lease was lost');
    respond = () => ({ misbehave: 'hang before headers' });
    const fetchPublic: FetchPublic = () => {
      controller.abort(reason);
      return Promise.reject(new Error('aborted in its own words'));
    };
    const link = kind === 'own' ? `${loopback.url}/a` : elsewhere;
    const downloaded = downloadWith({ fetchPublic })(link, controller.signal);
    if (kind === 'own') controller.abort(reason);
    await expect(downloaded).rejects.toBe(reason);
  },
);

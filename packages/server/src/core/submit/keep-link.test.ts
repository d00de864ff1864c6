import { expect, test } from 'vitest';
import { TaskError } from '../errors.ts';
import { createKeepLink } from './keep-link.ts';
import type { StoreInput } from '../pictures/picture-store.ts';

const never = new AbortController().signal;
const storeInput: StoreInput = async (bytes) => ({
  kind: 'stored',
  key: `inputs/${bytes.length}`,
  details: { width: 1, height: 1, content_type: 'image/png', bytes: bytes.length, sha256: 'x' },
});

/** Fetches that the test feeds by hand; each ends with its signal. */
function server() {
  const open = new Map<string, { receive: (bytes: number) => void; end: () => void }>();
  const fetch: Parameters<typeof createKeepLink>[0]['fetch'] = (url, signal, receive) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ bytes: Uint8Array }>();
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    open.set(url, { receive, end: () => resolve({ bytes: new Uint8Array(3) }) });
    return promise;
  };
  return { fetch, at: (url: string) => open.get(url) as { receive(bytes: number): void; end(): void } };
}

test('what is being fetched is bounded together as it arrives, and what has ended counts no more', async () => {
  const { fetch, at } = server();
  const keepLink = createKeepLink({ fetch, storeInput, memoryBytes: 100 });
  const keep = (url: string) => keepLink({ path: url, url }, never);
  const first = keep('first');
  const slow = keep('slow');
  at('first').receive(60);
  at('slow').receive(40);
  const refused = keep('refused');
  at('refused').receive(1);
  await expect(refused).rejects.toMatchObject({ type: 'overloaded', retryAfterSeconds: 5 });
  at('first').end();
  expect(await first).toMatchObject({ kind: 'stored', key: 'inputs/3' });
  const next = keep('next');
  at('next').receive(60);
  at('next').end();
  at('slow').end();
  await Promise.all([next, slow]);
});

test.each([
  ['input_unreachable', {}],
  ['too_large', { tooLarge: true }],
] as const)('a link that fails is refused as %s, by its path', async (type, marks) => {
  const failure = { type: 'input_unreachable', message: 'No.', retryable: true, ...marks } as const;
  const fetch = () => Promise.reject(new TaskError(failure));
  const keepLink = createKeepLink({ fetch, storeInput, memoryBytes: 100 });
  await expect(keepLink({ path: 'image_urls[2]', url: 'https://a.example/' }, never)).rejects.toMatchObject({
    type,
    message: 'image_urls[2]: No.',
    details: [{ path: 'image_urls[2]', message: 'No.' }],
  });
});

test('ends with the reason of its signal', async () => {
  const gone = new AbortController();
  const keepLink = createKeepLink({ ...server(), storeInput, memoryBytes: 100 });
  const keeping = keepLink({ path: 'url', url: 'https://a.example/' }, gone.signal);
  const reason = new Error('gone');
  gone.abort(reason);
  await expect(keeping).rejects.toBe(reason);
});

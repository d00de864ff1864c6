import { expect, test } from 'vitest';
import { TaskError } from '../errors.ts';
import { createStoreLink } from './store-link.ts';
import type { StoreInput } from '../pictures/inputs.ts';

const never = new AbortController().signal;
const storeInput: StoreInput = async (bytes) => ({
  kind: 'stored',
  key: `inputs/${bytes.length}`,
  details: { width: 1, height: 1, content_type: 'image/png', bytes: bytes.length, sha256: 'x' },
});

/** Fetches that the test feeds by hand; each ends with its signal. */
function server() {
  const open = new Map<string, { receive: (bytes: number) => void; end: () => void }>();
  const fetch: Parameters<typeof createStoreLink>[0]['fetch'] = (url, signal, receive) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ bytes: Uint8Array }>();
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    open.set(url, { receive, end: () => resolve({ bytes: new Uint8Array(3) }) });
    return promise;
  };
  return { fetch, at: (url: string) => open.get(url) as { receive(bytes: number): void; end(): void } };
}

test('what is being fetched is bounded together as it arrives, and what has ended counts no more', async () => {
  const { fetch, at } = server();
  const storeLink = createStoreLink({ fetch, storeInput, memoryBytes: 100 });
  const storeOne = (url: string) => storeLink({ path: url, url }, never);
  const first = storeOne('first');
  const slow = storeOne('slow');
  at('first').receive(60);
  at('slow').receive(40);
  const refused = storeOne('refused');
  at('refused').receive(1);
  await expect(refused).rejects.toMatchObject({ type: 'overloaded', retryAfterSeconds: 5 });
  at('first').end();
  expect(await first).toMatchObject({ kind: 'stored', key: 'inputs/3' });
  const next = storeOne('next');
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
  const storeLink = createStoreLink({ fetch, storeInput, memoryBytes: 100 });
  await expect(storeLink({ path: 'image_urls[2]', url: 'https://a.example/' }, never)).rejects.toMatchObject({
    type,
    message: 'image_urls[2]: No.',
    details: [{ path: 'image_urls[2]', message: 'No.' }],
  });
});

test('ends with the reason of its signal', async () => {
  const gone = new AbortController();
  const storeLink = createStoreLink({ ...server(), storeInput, memoryBytes: 100 });
  const storing = storeLink({ path: 'url', url: 'https://a.example/' }, gone.signal);
  const reason = new Error('gone');
  gone.abort(reason);
  await expect(storing).rejects.toBe(reason);
});

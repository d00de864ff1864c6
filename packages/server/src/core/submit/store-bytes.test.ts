import { expect, test } from 'vitest';
import { RequestError } from '../errors.ts';
import { storeBytes } from './store-bytes.ts';

const { signal } = new AbortController();

async function failWith(failure: unknown): Promise<unknown> {
  const storeInput = async () => {
    throw failure;
  };
  const inputs = storeBytes(storeInput, { path: 'image', bytes: new Uint8Array(1) }, signal);
  return await inputs.catch((reason: unknown) => reason);
}

test.each([{ code: 'ENOSPC' }, { code: 'EDQUOT' }, { code: 'EROFS' }, { storeFull: true }])(
  'who sends a picture that a store with %j can’t take is told to wait',
  async (marks) => {
    const error = await failWith(Object.assign(new Error('no'), marks));
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject({ type: 'overloaded', retryAfterSeconds: 60 });
  },
);

test('every other failure of a store stays what it is', async () => {
  for (const marks of [{ code: 'EIO' }, { storeFull: false }, {}]) {
    const error = Object.assign(new Error('no'), marks);
    expect(await failWith(error)).toBe(error);
  }
  expect(await failWith(null)).toBe(null);
});

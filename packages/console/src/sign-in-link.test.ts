import { expect, test } from 'vitest';
import { takeSignInLink } from './sign-in-link.ts';

function take(url: string) {
  const addresses: string[] = [];
  const secret = takeSignInLink(new URL(url), (address) => addresses.push(address));
  return { secret, addresses };
}

test('the secret of a link is taken out of the address at once', () => {
  expect(take('https://a.example/below/?x=1#sign-in=Ab-_9')).toEqual({
    secret: 'Ab-_9',
    addresses: ['/below/?x=1'],
  });
});

test('an address without a link stays as it is', () => {
  for (const hash of ['', '#', '#/tasks', '#/sign-in=a', '#sign-in=', '#sign-in=a/b', '#sign-in=a&b'])
    expect(take(`https://a.example/${hash}`), hash).toEqual({ secret: '', addresses: [] });
});

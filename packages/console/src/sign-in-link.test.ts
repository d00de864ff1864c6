import { expect, test } from 'vitest';
import { takeSignInLink, watchSignInLinks } from './sign-in-link.ts';

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

test('a link that is put into the address of an open page is taken, told of and removed', () => {
  let move = () => {};
  const location = { hash: '#sign-in=first', pathname: '/below/', search: '' };
  const links = watchSignInLinks({
    location,
    history: {
      replaceState: (_state, _title, address) => (location.hash = String(address).split('#')[1] ?? ''),
    },
    addEventListener: (_type, listener) => (move = listener),
  });
  const goTo = (hash: string) => {
    location.hash = hash;
    move();
  };
  const heard: string[] = [];
  links.onNew(() => heard.push(links.get()));
  expect([links.get(), location.hash]).toEqual(['first', '']);
  links.set('');
  goTo('#/tasks');
  expect([links.get(), location.hash, heard]).toEqual(['', '#/tasks', []]);
  goTo('#sign-in=second');
  expect([links.get(), location.hash, heard]).toEqual(['second', '', ['second']]);
});

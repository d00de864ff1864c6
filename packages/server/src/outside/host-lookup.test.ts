import { expect, test } from 'vitest';
import { createAddressPolicy } from '../lib/addresses.ts';
import { serveDns } from './dns.fixture.ts';
import type { DnsAnswer, DnsServer } from './dns.fixture.ts';
import { failureOf, guarded, loopback, never, serve } from './guarded-fetch.fixture.ts';
import { createHostLookup } from './host-lookup.ts';
import type { Lookup } from './host-lookup.ts';

const lookupAt = (dns: DnsServer, { allowed = [] as string[], patienceMs = 5000 } = {}): Lookup =>
  createHostLookup({ policy: createAddressPolicy(allowed), patienceMs, servers: [dns.address] });

test('a name has its addresses of both families, IPv4 first', async () => {
  const dns = await serveDns((_, type) => (type === 'A' ? ['8.8.8.8', '1.1.1.1'] : ['2606:4700::1111']));
  expect(await lookupAt(dns)('both.test', never)).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '1.1.1.1', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ]);
});

const withoutAddresses: { other: DnsAnswer }[] = [{ other: 'absent' }, { other: 'fault' }, { other: [] }];
test.each(withoutAddresses)('one family is enough: of the other, $other', async ({ other }) => {
  const has: Record<string, string[]> = { 'a.test A': ['8.8.8.8'], 'aaaa.test AAAA': ['2606:4700::1111'] };
  const dns = await serveDns((name, type) => has[`${name} ${type}`] ?? other);
  const lookup = lookupAt(dns, { patienceMs: 500 });
  for (const name of ['a.test', 'aaaa.test']) expect(await lookup(name, never)).toHaveLength(1);
});

test('of many addresses the first eight of each family are taken', async () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  const dns = await serveDns((_, type) =>
    numbers.map((number) => (type === 'A' ? `8.8.8.${number}` : `2606:4700::${number}`)),
  );
  const addresses = (await lookupAt(dns)('many.test', never)).map(({ address }) => address);
  const first = numbers.slice(0, 8);
  expect(addresses).toEqual([
    ...first.map((number) => `8.8.8.${number}`),
    ...first.map((number) => `2606:4700::${number}`),
  ]);
});

test('an alias has the addresses of the name that it stands for', async () => {
  const dns = await serveDns((_, type) =>
    type === 'A' ? ['one.test', 'two.test', '8.8.8.8'] : ['one.test', 'two.test'],
  );
  expect(await lookupAt(dns)('alias.test', never)).toEqual([{ address: '8.8.8.8', family: 4 }]);
});

test('a name that does not exist, or has no address, is told for good', async () => {
  const dns = await serveDns((name) => (name === 'empty.test' ? [] : 'absent'));
  for (const host of ['missing.test', 'empty.test', 'a..test'])
    expect(await failureOf(`http://${host}/`, { lookup: lookupAt(dns) })).toMatchObject({
      retryable: false,
      message: `There is no host named ${host}.`,
    });
});

test('a name may be tried again when only one family is known to be missing', async () => {
  const dns = await serveDns((_, type) => (type === 'A' ? [] : 'fault'));
  const lookup = lookupAt(dns, { patienceMs: 500 });
  expect(await failureOf('http://half.test/', { lookup })).toMatchObject({ retryable: true });
});

test('a name that leads inside, in whichever family, is refused without a connection', async () => {
  const { port, connections } = await serve((_, response) => response.end('secret'));
  const dns = await serveDns((name, type) => {
    if (type === 'AAAA') return name === 'six.test' ? ['::1'] : [];
    return name === 'four.test' ? ['127.0.0.1'] : ['8.8.8.8'];
  });
  for (const host of ['four.test', 'six.test'])
    expect(await failureOf(`http://${host}:${port}/`, { lookup: lookupAt(dns) })).toMatchObject({
      retryable: false,
      message: expect.stringContaining('not allowed'),
    });
  expect(connections()).toBe(0);
});

test('a DNS server that stays silent is not waited out', async () => {
  const dns = await serveDns(() => 'silence');
  const options = { limits: { connectMs: 200 }, lookup: lookupAt(dns, { patienceMs: 60_000 }) };
  expect(await failureOf('http://silent.test/', options)).toMatchObject({
    retryable: true,
    message: 'The server at silent.test took too long.',
  });
});

test('the resolver itself gives up within the time it is given', async () => {
  const dns = await serveDns(() => 'silence');
  await expect(lookupAt(dns, { patienceMs: 400 })('silent.test', never)).rejects.toMatchObject({
    code: 'ETIMEOUT',
  });
});

test('many names that nobody answers for do not hold up another, and end with their caller', async () => {
  const { port } = await serve((_, response) => response.end('bytes'));
  const dns = await serveDns((name, type) => {
    if (name !== 'quick.test') return 'silence';
    return type === 'A' ? ['127.0.0.1'] : [];
  });
  const fetch = guarded({ ...loopback, lookup: lookupAt(dns, { patienceMs: 60_000 }) });
  const caller = new AbortController();
  const silent = Array.from({ length: 30 }, (_, number) =>
    fetch(`http://silent${number}.test/`, caller.signal),
  );
  const ends = Promise.allSettled(silent);
  await dns.asked(60);
  expect((await fetch(`http://quick.test:${port}/`, never)).bytes.toString()).toBe('bytes');
  const reason = new Error('enough');
  caller.abort(reason);
  expect(await ends).toEqual(silent.map(() => ({ status: 'rejected', reason })));
});

test('an abort ends the questions of that lookup', async () => {
  const dns = await serveDns(() => 'silence');
  const caller = new AbortController();
  const lookup = lookupAt(dns, { patienceMs: 60_000 })('silent.test', caller.signal);
  await dns.asked(2);
  const reason = new Error('enough');
  caller.abort(reason);
  await expect(lookup).rejects.toBe(reason);
});

test('a name that the operator listed is looked up as the machine does, and no other one is', async () => {
  const dns = await serveDns(() => ['8.8.8.8']);
  const lookup = lookupAt(dns, { allowed: ['localhost:9000'] });
  expect(await lookup('localhost', never)).toContainEqual({ address: '127.0.0.1', family: 4 });
  expect(dns.questions).toEqual([]);
  expect(await lookup('localhost.test', never)).toContainEqual({ address: '8.8.8.8', family: 4 });
});

test('localhost and the names below it are this machine, whatever DNS would say', async () => {
  const dns = await serveDns(() => ['8.8.8.8']);
  for (const host of ['localhost', 'a.localhost'])
    expect(await lookupAt(dns)(host, never)).toEqual([{ address: '127.0.0.1', family: 4 }]);
  expect(dns.questions).toEqual([]);
});

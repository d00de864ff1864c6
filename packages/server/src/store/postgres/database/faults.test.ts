import { expect, test } from 'vitest';
import { RequestError, StartRefusedError } from '../../../core/errors.ts';
import { mayComeBack, toStartRefusal, toStoreError } from './faults.ts';

const fault = (message: string, code?: string) =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

test('a connection that can’t be made is told of as a database that is away, and refuses a start without its password', () => {
  const faults = [
    fault('password authentication failed', '28P01'),
    fault('database "x" does not exist', '3D000'),
    fault('The server does not support SSL connections'),
    fault('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    fault('There was an error establishing an SSL connection'),
    fault('timeout expired'),
    fault('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    fault('self-signed certificate in certificate chain', 'SELF_SIGNED_CERT_IN_CHAIN'),
    fault('unable to verify the first certificate', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    fault('certificate has expired', 'CERT_HAS_EXPIRED'),
    Object.assign(fault('permission denied, open ca.pem', 'EACCES'), { syscall: 'open' }),
    fault('Hostname/IP does not match', 'ERR_TLS_CERT_ALTNAME_INVALID'),
  ];
  for (const each of faults) {
    const told = toStoreError(each);
    expect(told).toBeInstanceOf(RequestError);
    expect(told).toMatchObject({ type: 'overloaded', cause: each });
    const refusal = toStartRefusal(told, 'postgres://user:secret@db.example:5432/pictures');
    expect(refusal).toBeInstanceOf(StartRefusedError);
    expect((refusal as Error).message).toContain(
      `pictures at db.example:5432 can’t be used: ${each.message}`,
    );
    expect((refusal as Error).message).not.toContain('secret');
  }
});

test('what a statement did wrong stays what it is', () => {
  const wrong = fault('syntax error', '42601');
  expect(toStoreError(wrong)).toBe(wrong);
  expect(toStartRefusal(wrong, 'postgres://db.example/pictures')).toBe(wrong);
});

test('only what may pass by itself is waited for', () => {
  const passing = [
    fault('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'),
    fault('the database system is starting up', '57P03'),
    fault('sorry, too many clients already', '53300'),
    Object.assign(fault('connect ENOENT /tmp/.s.PGSQL.5432', 'ENOENT'), { syscall: 'connect' }),
  ];
  for (const each of passing) expect(mayComeBack(toStoreError(each)), each.message).toBe(true);
  const lasting = [
    fault('password authentication failed', '28P01'),
    fault('database "x" does not exist', '3D000'),
    fault('The server does not support SSL connections'),
    fault('certificate has expired', 'CERT_HAS_EXPIRED'),
    Object.assign(fault('no such file or directory, open ca.pem', 'ENOENT'), { syscall: 'open' }),
  ];
  for (const each of lasting) expect(mayComeBack(toStoreError(each)), each.message).toBe(false);
});

test('a start that is refused says what mends it', () => {
  const remedies: [Error, string][] = [
    [fault('database "x" does not exist', '3D000'), 'Create it (createdb)'],
    [fault('password authentication failed', '28P01'), 'Mend the user or the password'],
    [fault('permission denied for schema public', '42501'), 'Give its user the rights'],
    [fault('certificate has expired', 'CERT_HAS_EXPIRED'), 'Mend that, or its address'],
    [fault('prepared statement "a" already exists', '42P05'), 'give the address of the database itself'],
    [fault('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'), 'Start it, or mend its address'],
  ];
  for (const [each, remedy] of remedies)
    expect(toStartRefusal(each, 'postgres://db.example/pictures')).toMatchObject({
      message: expect.stringContaining(remedy) as string,
    });
});

test('a refusal names the option that the address was given by', () => {
  for (const code of ['3D000', '28P01', 'CERT_HAS_EXPIRED', 'ECONNREFUSED']) {
    const { message } = toStartRefusal(fault('no', code), 'postgres://db.example/pictures', '--to') as Error;
    expect(message).toContain('address (--to)');
    expect(message).not.toContain('PLANTAIN_DATABASE_URL');
  }
});

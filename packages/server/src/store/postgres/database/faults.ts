// Faults of the database by what is to be done about them. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html

import { databaseAway, RequestError, StartRefusedError } from '../../../core/errors.ts';
import { nameOfDatabase } from './address.ts';

/** serialization_failure, deadlock_detected: the transaction has changed nothing and may go through the next time. */
const conflicts = new Set(['40001', '40P01']);

/** A statement that was prepared on another connection, or is already: a pooler hands connections on between transactions. */
const unprepared = new Set(['26000', '42P05']);

/**
 * Codes of a database that is away: it starts, ends, takes no more connections, can be read only, as after a failover, has no room, or is
 * so slow that a statement was given up; and those of a connection that can't be made or breaks, as poolers between name it too.
 */
const away = new Set(
  (
    '57P01 57P02 57P03 57P04 57P05 57014 25P03 53100 53200 53300 25006 58030 08000 08001 08003 08004 08006 08007 08P01 ' +
    'ECONNABORTED ECONNREFUSED ECONNRESET ENETDOWN ENOTFOUND EAI_AGAIN ETIMEDOUT EPIPE EHOSTUNREACH ENETUNREACH ENOENT'
  ).split(' '),
);

/** Classes of codes that end an attempt to connect: a wrong user or password, an unknown database. Both may change under a server that runs. */
const noEntry = /^(?:28|3D)/;

/** Words of `pg` about a server that speaks no TLS, and the beginning of those about a password that is missing, or of a way that it doesn't know. */
const noTls = 'The server does not support SSL connections';
const noPassword = 'SASL: ';

/** Words of `pg` about connections that it has lost or can't make, which have no code. */
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|not queryable|Query read timeout|timeout expired|SSL connection/;

/** Codes of Node about a certificate that it does not believe. */
const certificate = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|^ERR_(?:TLS|SSL)/;

export const isConflict = (error: unknown): boolean => conflicts.has(codeOf(error));

/** Whether the database takes no more connections. */
export const isFull = (error: unknown): boolean => codeOf(error) === '53300';

/** Whether the database did not answer in time, so that nothing more can be asked on its connection. */
export const isSilence = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout';

/** Whether a statement was prepared before a migration that another process has made since: it would have other columns now. */
export const isOutdated = (error: unknown): boolean =>
  codeOf(error) === '0A000' && error instanceof Error && error.message.includes('cached plan');

/** Whether a lock was not got within `lock_timeout`. */
export const isLockedOut = (error: unknown): boolean => codeOf(error) === '55P03';

export const isUnprepared = (error: unknown): boolean => unprepared.has(codeOf(error));

export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isAway);
  const code = codeOf(error);
  if (away.has(code) || isMendable(error)) return true;
  return error instanceof Error && lostConnection.test(error.message);
}

/** Whether the operator has to mend the address, a password, a certificate or a file. All may change under a server that runs. */
function isMendable(error: unknown): boolean {
  const code = codeOf(error);
  if (noEntry.test(code) || certificate.test(code)) return true;
  // A file that can't be read, as that of an authority.
  if ((error as NodeJS.ErrnoException).syscall === 'open') return true;
  return error instanceof Error && (error.message === noTls || error.message.startsWith(noPassword));
}

/** Gives what a caller is told: of a database that is away, or of too many that changed the same at once, that it may ask again soon; all else as it is. */
export function toStoreError(error: unknown): unknown {
  if (!isAway(error) && !isConflict(error)) return error;
  return databaseAway(error);
}

/** Rights that are missing, which the operator can mend. */
const noRights = '42501';

/** Fault of the database behind what a caller was told. */
const causeOf = (error: unknown): unknown => (error instanceof RequestError ? error.cause : error);

/** Whether the database is away and may come back by itself, without the operator mending an address, a password or a certificate. */
export function mayComeBack(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof AggregateError) return cause.errors.every(mayComeBack);
  return isAway(cause) && !isMendable(cause);
}

/** Says to the operator that a start waits for the database. The address is shown without its password. */
export function awayWords(error: unknown, url: string): string {
  return (
    `The database ${nameOfDatabase(url)} can’t be reached: ${messageOf(causeOf(error))}. Start it, or mend its address ` +
    '(PLANTAIN_DATABASE_URL). The server waits for it, and answers calls with 503 until then.'
  );
}

/** Words of a fault: of several, as for each address of a name, the first one's. */
export function messageOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  return first instanceof Error ? first.message : String(first);
}

/**
 * Gives what a start is refused with where the database can't be used; all else as it is. The address is shown without its password; `given`
 * is the setting, or the option, that it came by.
 */
export function toStartRefusal(error: unknown, url: string, given = 'PLANTAIN_DATABASE_URL'): unknown {
  const cause = causeOf(error);
  if (!(cause instanceof Error) || !(isAway(cause) || isUnprepared(cause) || codeOf(cause) === noRights))
    return error;
  return new StartRefusedError(
    `The database ${nameOfDatabase(url)} can’t be used: ${messageOf(cause)}. ${remedyOf(cause, given)}`,
    { cause },
  );
}

/** Sentence on what the operator can do about a start that is refused. */
function remedyOf(cause: Error, given: string): string {
  const code = codeOf(cause);
  if (code.startsWith('3D')) return `Create it (createdb), or mend its name in the address (${given}).`;
  if (isUnprepared(cause))
    return `A pooler hands its connections on between transactions; give the address of the database itself (${given}).`;
  if (code === noRights)
    return 'Give its user the rights; they are none but those of the owner of the database.';
  if (code.startsWith('28') || cause.message.startsWith(noPassword))
    return `Mend the user or the password in its address (${given}), or PGPASSWORD or ~/.pgpass.`;
  if (isMendable(cause)) return `Mend that, or its address (${given}).`;
  return `Start it, or mend its address (${given}).`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

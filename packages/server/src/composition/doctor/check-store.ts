// The records: the folder or the database that has them, its schema, and who works on it.

import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config/settings.ts';
import { databaseFile, restoringFolder } from '../../store/sqlite/database-file.ts';
import type { LiveEndpoint } from '../../store/endpoints-on-record.ts';
import { findLiveEndpoints, findOwner, lookAtDatabase } from '../../store/sqlite/look.ts';
import type { StateOnRecord } from '../../store/state-on-record.ts';
import { placeOf } from '../commands.ts';
import { fault, fine, type Finding } from './finding.ts';
import { isFolder, mayUse } from './rights.ts';

export interface Looked {
  findings: Finding[];
  /** `null` where there are no records yet, or where they could not be read. */
  state: StateOnRecord | null;
  /** Reason why records that are there could not be read; absent where they were, or there are none yet. */
  unread?: string;
  /** Milliseconds that the clock of the database is ahead of this machine's; `null` where records lie here. */
  aheadMs: number | null;
}

/** Reason where the store is told of by itself. */
export const unusable = 'the store can’t be used';

/** Of file systems over a network, on which locks of files do not hold: https://man7.org/linux/man-pages/man2/statfs.2.html */
const networkTypes = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
]);

/** Throws `StartRefusedError` where a start would be refused. */
export async function checkStore(config: Config, now: () => number): Promise<Looked> {
  if (config.database_url !== undefined) return await checkPostgres(config.database_url, config, now);
  const directory = resolve(config.data_dir);
  if (!existsSync(directory)) return { findings: [checkParent(directory)], state: null, aheadMs: null };
  const refused = checkRights(directory) ?? (await checkFileSystem(directory));
  if (refused !== null) return { findings: [refused], state: null, unread: unusable, aheadMs: null };
  const findings = checkModes(directory);
  if (existsSync(join(directory, restoringFolder)))
    findings.push(
      fault(
        'store',
        `a backup is being restored into ${directory}, or that was cut off`,
        'Give the command "plantain-server restore" again, or empty the directory.',
      ),
    );
  if (!existsSync(databaseFile(directory)))
    return {
      findings: [...findings, fine('store', `${directory} has no database yet; the first start makes it`)],
      state: null,
      aheadMs: null,
    };
  const state = lookAtDatabase(directory, now());
  const { isOwned, pid } = findOwner(directory);
  const by = isOwned
    ? `a server works on it${pid === null ? '' : ` (process ${pid})`}`
    : 'no server works on it';
  return {
    findings: [...findings, fine('store', `${databaseFile(directory)}, ${inWords(state)}; ${by}`)],
    ...counted(state),
    aheadMs: null,
  };
}

export interface Endpoints {
  /** The first of them. */
  endpoints: LiveEndpoint[];
  /** Number of all. */
  count: number;
}

/** Finds endpoints of webhooks that are told of things; the schema must be that of this version. */
export async function findEndpoints(
  { database_url: url, data_dir: directory }: Config,
  now: number,
): Promise<Endpoints> {
  if (url === undefined) return findLiveEndpoints(resolve(directory), now);
  return await (await import('../../store/postgres/look.ts')).findLiveEndpoints(url, now);
}

async function checkPostgres(url: string, config: Config, now: () => number): Promise<Looked> {
  // Only here, so that whoever has no such database loads nothing for it.
  const { lookAtPostgres } = await import('../../store/postgres/look.ts');
  const { server, aheadMs, servers, state } = await lookAtPostgres(url, now);
  const place = `${placeOf(config)}, PostgreSQL ${server}`;
  if (state === null)
    return {
      findings: [fine('store', `${place}, has no tables yet; the first start makes them`)],
      state: null,
      aheadMs,
    };
  if (state.schema > state.newest)
    return {
      findings: [
        fault(
          'store',
          `${place}, was written by a newer Plantain (schema ${state.schema}; this one knows up to ${state.newest})`,
          'Run that version again.',
        ),
      ],
      state: null,
      unread: 'a newer Plantain wrote them',
      aheadMs,
    };
  const by =
    servers === 0
      ? 'no server works on it'
      : servers === 1
        ? 'one server works on it'
        : `${servers} servers work on it`;
  return { findings: [fine('store', `${place}, ${inWords(state)}; ${by}`)], ...counted(state), aheadMs };
}

type Found = StateOnRecord | { schema: number; newest: number };

const counted = (state: Found): Pick<Looked, 'state' | 'unread'> =>
  'waiting' in state
    ? { state }
    : { state: null, unread: 'an earlier Plantain wrote them, and the next start brings them up to date' };

function inWords(state: Found): string {
  const { schema, newest } = state;
  if (!('waiting' in state)) return `schema ${schema}, which the next start brings to ${newest}`;
  return `schema ${schema}, ${state.waiting} tasks wait and ${state.running} run`;
}

function checkParent(directory: string): Finding {
  let parent = dirname(directory);
  while (!existsSync(parent)) parent = dirname(parent);
  return mayUse(parent)
    ? fine('store', `${directory} is not there yet; the first start makes it`)
    : fault(
        'store',
        `${directory} is not there, and this user may not make it in ${parent}`,
        'Make it, and give it to the user of the server, or choose another one (PLANTAIN_DATA_DIR).',
      );
}

function checkRights(directory: string): Finding | null {
  for (const path of [directory, databaseFile(directory)])
    if (existsSync(path) && !mayUse(path))
      return fault(
        'store',
        `this user may not write ${path}`,
        'Run this as the user of the server, or give the directory with all in it to that user (chown -R).',
      );
  if (isFolder(directory)) return null;
  return fault('store', `${directory} is a file`, 'Choose a directory (PLANTAIN_DATA_DIR).');
}

async function checkFileSystem(directory: string): Promise<Finding | null> {
  const name = networkTypes.get((await statfs(directory)).type);
  return name === undefined
    ? null
    : fault(
        'store',
        `${directory} lies on a network file system (${name}), on which the locks of a database do not hold`,
        'Choose a directory on a local disk (PLANTAIN_DATA_DIR), or PostgreSQL (PLANTAIN_DATABASE_URL).',
      );
}

/** The mode says nothing about rights on Windows. */
function checkModes(directory: string): Finding[] {
  if (process.platform === 'win32') return [];
  const { mode, uid } = statSync(directory);
  const found: Finding[] = [];
  if ((mode & 0o077) !== 0)
    found.push(
      fault(
        'store',
        `other users can read ${directory}, which has prompts, pictures and hashes of keys`,
        `chmod 700 '${directory}'`,
      ),
    );
  // As a command that root gave leaves it.
  const other = [databaseFile(directory), `${databaseFile(directory)}-wal`].find(
    (file) => (statSync(file, { throwIfNoEntry: false })?.uid ?? uid) !== uid,
  );
  if (other !== undefined)
    found.push(
      fault(
        'store',
        `${other} belongs to another user than its directory, so the server may not be able to write it`,
        `chown -R --reference='${directory}' '${directory}'`,
      ),
    );
  return found;
}

// How subjects stand, as a transaction reads it that has them alone, or as one statement finds it.

import type { Balance } from '../../../core/ledger/balance.ts';
import type { Interval } from '../../../core/ledger/periods.ts';
import {
  intervalsOf,
  limitedOf,
  type Standing,
  standingAt,
  type StandingDefaults,
  type Subject,
} from '../../../core/limits/judge-submit.ts';
import type { Limited } from '../../../core/limits/limits.ts';
import { type Row, toLimited } from '../../rows.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';

interface KnownBalance extends Balance {
  subjectId: string;
  startsAt: number;
  endsAt: number;
}

/** Subject as it was read, with what has been accepted since. */
interface Known {
  /** Own limits, without the defaults. */
  own: Limited | null;
  waiting: number;
  balances: KnownBalance[];
}

/** Subject at a time at which it is judged, Unix milliseconds. */
export interface Judged extends Subject {
  at: number;
  /** Owner of its tasks, where that is known. */
  ownerId?: string;
}

export interface StandingsOptions {
  defaults: StandingDefaults;
  /**
   * Makes balances of which there are none, so that entries change them from now on, as whoever has the subjects alone may. Else nothing is
   * summed, as that would take the longer the more entries there are.
   */
  keeps: boolean;
}

export interface Standings {
  /** Standing of a subject, also where it has no limit. */
  of(judged: Judged): Standing;
  hasLimit(subject: Subject): boolean;
  /** False where a balance is missing that has entries, and counts as nothing. */
  isWhole: boolean;
  /** Adds tasks that were accepted. */
  add(judged: Judged, tasks: { count: number; pictures: number; reserved: number }): void;
}

export async function readStandings(
  query: Query,
  subjects: readonly Judged[],
  { defaults, keeps }: StandingsOptions,
): Promise<Standings> {
  const known = await readKnown(query, subjects, defaults);
  const of = ({ id }: Subject): Known => known.get(id)!;
  const limitedNow = (subject: Subject) => limitedOf(subject, of(subject).own, defaults);
  const missing = subjects.flatMap((subject) => {
    const { needed } = intervalsOf(limitedNow(subject) ?? unlimited, subject.at);
    return Object.values(needed).flatMap((interval) =>
      interval === null || find(of(subject), interval) !== undefined
        ? []
        : [{ subjectId: subject.id, ...interval }],
    );
  });
  if (keeps)
    for (const balance of await keepSums(query, missing))
      known.get(balance.subjectId)!.balances.push(balance);

  return {
    of(subject) {
      const { at } = subject;
      const { waiting } = of(subject);
      const balanceOf = (interval: Interval) => find(of(subject), interval) ?? nothing;
      return standingAt(subject, limitedNow(subject) ?? unlimited, { at, waiting, balanceOf });
    },
    hasLimit: (subject) => limitedNow(subject) !== null,
    isWhole: keeps || !(await hasEntries(query, missing)),
    add(judged, { count, pictures, reserved }) {
      const subject = of(judged);
      subject.waiting += count;
      for (const balance of subject.balances) {
        if (judged.at < balance.startsAt || judged.at >= balance.endsAt) continue;
        balance.reserved += reserved;
        balance.pictures += pictures;
      }
    },
  };
}

const unlimited: Limited = { limits: {}, budget: null };
const nothing: Balance = { reserved: 0, spent: 0, pictures: 0 };

const find = ({ balances }: Known, { startsAt, endsAt }: Interval) =>
  balances.find((balance) => balance.startsAt === startsAt && balance.endsAt === endsAt);

const asked = rowParameters<Judged>({
  id: ['text', ({ id }) => id],
  kind: ['text', ({ kind, isAlone }) => (isAlone === true ? 'alone' : kind)],
  owner_id: ['text', ({ ownerId }) => ownerId ?? null],
});

const waiting = (which: string) =>
  `(SELECT count(*) FROM (SELECT FROM tasks WHERE state = 'pending' AND ${which} LIMIT most) AS w)`;
/** By the owners that its tasks may have, which their index begins with. */
const ofKey = `owner_id = ANY (ARRAY[asked.owner_id, asked.id, (SELECT owner_id FROM api_keys WHERE api_keys.id = asked.id)]
    || ARRAY(SELECT owner_id FROM earlier_owners e WHERE e.key_id = asked.id)) AND key_id = asked.id`;

/** Tasks that wait are counted where that is limited, up to the limit. */
const readSql = `SELECT asked.id, budget, limits.limits,
    CASE WHEN most IS NULL THEN 0 WHEN kind = 'owner' THEN ${waiting('owner_id = asked.id')} ELSE ${waiting(ofKey)} END AS waiting,
    (SELECT json_agg(json_build_object('subjectId', subject_id, 'startsAt', starts_at, 'endsAt', ends_at,
        'reserved', reserved, 'spent', spent, 'pictures', pictures))
      FROM balances WHERE subject_id = asked.id AND starts_at <= $5 AND ends_at > $4) AS balances
  FROM ${asked.table} LEFT JOIN limits ON subject_id = asked.id
    CROSS JOIN LATERAL (
      SELECT coalesce((limits.limits::json ->> 'waiting')::bigint, ($6::json ->> kind)::bigint) AS most) AS m`;

async function readKnown(
  query: Query,
  subjects: readonly Judged[],
  { owner, key }: StandingDefaults,
): Promise<Map<string, Known>> {
  const each = [...new Map(subjects.map((subject) => [subject.id, subject])).values()];
  const times = subjects.map(({ at }) => at);
  const [ofOwner, ofKeys] = [owner?.limits.waiting, key?.limits.waiting];
  const usual = JSON.stringify({ owner: ofOwner, key: ofKeys, alone: ofKeys ?? ofOwner });
  const rows = await query(readSql, [...asked.of(each), Math.min(...times), Math.max(...times), usual]);
  return new Map(rows.map((row) => [row['id'] as string, toKnown(row)]));
}

const toKnown = (row: Row): Known => ({
  own: row['limits'] === null ? null : toLimited(row),
  waiting: row['waiting'] as number,
  balances: (row['balances'] as KnownBalance[] | null) ?? [],
});

const intervals = rowParameters<Interval & { subjectId: string }>(
  {
    subject_id: ['text', ({ subjectId }) => subjectId],
    starts_at: ['bigint', ({ startsAt }) => startsAt],
    ends_at: ['bigint', ({ endsAt }) => endsAt],
  },
  { as: 'wanted' },
);

/** Entries of a subject; one where the key is the owner counts once. */
export const entriesOf = (subject: string) => `
  SELECT reserved_delta, spent_delta, pictures_delta FROM ledger
  WHERE owner_id = ${subject}.subject_id AND reserved_at >= ${subject}.starts_at AND reserved_at < ${subject}.ends_at
  UNION ALL SELECT reserved_delta, spent_delta, pictures_delta FROM ledger
  WHERE key_id = ${subject}.subject_id AND owner_id <> ${subject}.subject_id
    AND reserved_at >= ${subject}.starts_at AND reserved_at < ${subject}.ends_at`;

const columns = 'subject_id AS "subjectId", starts_at AS "startsAt", ends_at AS "endsAt"';
const keepSql = `INSERT INTO balances (subject_id, starts_at, ends_at, reserved, spent, pictures)
  SELECT ${columns}, coalesce(sum(reserved_delta), 0) AS reserved, coalesce(sum(spent_delta), 0) AS spent,
    coalesce(sum(pictures_delta), 0) AS pictures
  FROM (SELECT DISTINCT subject_id, starts_at, ends_at FROM ${intervals.table}) AS wanted LEFT JOIN LATERAL (${entriesOf('wanted')}) AS entries ON true
  GROUP BY subject_id, starts_at, ends_at
  RETURNING ${columns}, reserved, spent, pictures`;

type Missing = readonly (Interval & { subjectId: string })[];

async function keepSums(query: Query, missing: Missing): Promise<KnownBalance[]> {
  if (missing.length === 0) return [];
  return (await query(keepSql, intervals.of(missing))) as unknown as KnownBalance[];
}

async function hasEntries(query: Query, missing: Missing): Promise<boolean> {
  if (missing.length === 0) return false;
  const rows = await query(
    `SELECT FROM ${intervals.table} WHERE EXISTS (${entriesOf('wanted')}) LIMIT 1`,
    intervals.of(missing),
  );
  return rows.length > 0;
}

/**
 * Reads standings, and where balances are missing, in a transaction that makes them. `alone` writes one thing at a time: two transactions that
 * take the locks of subjects in several steps may wait for each other.
 */
export async function standingsNow(
  query: Query,
  alone: Pick<Writer, 'write'>,
  subjects: readonly Judged[],
  defaults: StandingDefaults,
): Promise<Standings> {
  const standings = await readStandings(query, subjects, { defaults, keeps: false });
  return standings.isWhole ? standings : await alone.write(keepStandings, [subjects, defaults]);
}

const keepStandings = oneByOne(
  async (
    { query, balances }: Transaction,
    subjects: readonly Judged[],
    defaults: StandingDefaults,
  ): Promise<Standings> => {
    balances.lock(subjects.map(({ id }) => id));
    balances.write();
    return await readStandings(query, subjects, { defaults, keeps: true });
  },
);

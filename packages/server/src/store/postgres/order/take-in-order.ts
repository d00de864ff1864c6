// A take in the fair order: what has arrived joins the lanes, those whose turn is next are read, and what is chosen of them is taken, in as
// many rounds as it needs. All of it under the lock of takes.

import type { DefaultLimits } from '../../../core/limits/subjects.ts';
import { neededInputs } from '../../../core/upstreams/needs.ts';
import type { LeasedTask, TakenNeed } from '../../../core/tasks/task-queue.ts';
import type { Query } from '../database/statements.ts';
import type { Transaction } from '../database/writer.ts';
import { takeChoice, type TakenAt } from '../tasks/take-tasks.ts';
import type { KnownOrder, SeenOrder } from './bounds.ts';
import { type Choice, choose } from './choose.ts';
import { giveOn } from './held.ts';
import { type Joined, joinLanes, type LanePlace, rejoinLanes } from './join-lanes.ts';
import { deleteEmptied, holdTasks, moveLanes } from './move-lanes.ts';
import { type LanesRead, readLanes } from './read-lanes.ts';
import { limitRunning, readRooms, type Rooms, type TaskOf, unlimited } from './rooms.ts';

export interface TakeInOrder extends TakenAt {
  needs: readonly TakenNeed[];
  known: KnownOrder;
}

export interface TakenInOrder {
  tasks: LeasedTask[];
  seen: SeenOrder[];
  /** Whether it ended before all was gone through that may be taken. */
  isPart: boolean;
}

/** Rounds after which a take ends. The first is the last but where lanes have fewer tasks than their shares, or limits hold some. */
const maxRounds = 20;
/** Tasks of each lane that are read at least, by rounds. */
const leastOf = (round: number) => Math.min(1_000, 8 ** round);

export async function takeInOrder(transaction: Transaction, asked: TakeInOrder): Promise<TakenInOrder> {
  const { query } = transaction;
  const read = (some: readonly TakenNeed[], round: number) =>
    readLanes(query, { needs: some, now: asked.now, least: leastOf(round), bounds: asked.known.bounds() });
  const { joined, first } = await begin(query, asked, () => read(asked.needs, 0));
  let lanes = first;
  const rounds = createRounds(transaction, asked, lanes);
  for (let round = 1; ; round += 1) {
    const left = await rounds.take(lanes);
    if (left.length === 0 || round === maxRounds) {
      await rounds.end();
      const seen = joined === null ? [first.seen] : [joined.seen, first.seen];
      return { tasks: rounds.taken, seen, isPart: left.length > 0 || joined?.isPart === true };
    }
    lanes = await read(left, round);
  }
}

/** Reads the lanes for the first time, with what has arrived in them. */
async function begin(
  query: Query,
  { needs, now, known }: TakeInOrder,
  read: () => Promise<LanesRead>,
): Promise<{ joined: Joined | null; first: LanesRead }> {
  const bounds = known.bounds();
  const { defaults } = known;
  const join = () => joinLanes(query, { now, needs, bounds });
  // The read that is sent behind it sees its writes.
  let [joined, first] = await Promise.all([known.hasNews ? join() : null, read()]);
  if (first.hasNews && joined === null) [joined, first] = await Promise.all([join(), read()]);
  if (joined !== null && (await giveOn(query, joined.stopped, { defaults, bounds }))) first = await read();
  return { joined, first };
}

function createRounds(transaction: Transaction, { known, ...at }: TakeInOrder, { virtualTime }: LanesRead) {
  const { query } = transaction;
  const taken: LeasedTask[] = [];
  const passed: LanePlace[] = [];
  let needs = at.needs;

  /** Writes a choice; tasks that are just being ended are passed. */
  async function write(choice: Choice): Promise<LeasedTask[]> {
    deleteEmptied(query, choice);
    const holding = holdTasks(
      query,
      choice.held.map(({ id }) => id),
    );
    const taking =
      choice.taken.length > 0 ? takeChoice(transaction, choice, needs, at) : moveOnly(query, choice);
    const [tasks, held] = await Promise.all([taking, holding]);
    const done = new Set([...tasks.map(({ task }) => task.id), ...held]);
    passed.push(...[...choice.taken, ...choice.held].filter(({ id }) => !done.has(id)));
    return tasks;
  }

  return {
    taken,
    /** Takes what can be chosen of these lanes; gives the needs of which more have to be read. */
    async take(read: LanesRead): Promise<readonly TakenNeed[]> {
      const rooms = await roomsFor(query, read, known.defaults);
      const choice = choose(read.needs, rooms, virtualTime);
      const some = await write(choice);
      taken.push(...some);
      const left = withoutTaken(needs, some).filter(({ limit }) => limit > 0);
      const isShort = choice.lackingFrom !== null || some.length < choice.taken.length;
      return (needs = isShort ? left : []);
    },
    async end(): Promise<void> {
      await rejoinLanes(query, passed, known.bounds());
    },
  };
}

async function roomsFor(
  query: Query,
  { needs, isLimited }: LanesRead,
  defaults: DefaultLimits,
): Promise<Rooms> {
  const tasks = needs.flatMap(({ lanes }) =>
    lanes.flatMap(({ ownerId, tasks: some }) => some.map(({ keyId }): TaskOf => ({ keyId, ownerId }))),
  );
  const isAsked = tasks.length > 0 && (isLimited || limitRunning(defaults));
  return isAsked ? await readRooms(query, tasks, defaults) : unlimited;
}

const moving = moveLanes(1);

/** Moves the lanes of a choice of which nothing is taken. */
async function moveOnly(query: Query, choice: Choice): Promise<LeasedTask[]> {
  if (choice.owners.length > 0) await query(moving.sql, moving.of(choice));
  return [];
}

/** Needs as they are left: limits without the tasks that were taken, and calls without those that were opened or set aside for them. */
function withoutTaken(needs: readonly TakenNeed[], taken: readonly LeasedTask[]): TakenNeed[] {
  return needs.map((need) => {
    const own = taken.filter(
      ({ task }) => task.model === need.model && neededInputs(task.request.inputs) === need.inputs,
    );
    const called = own.filter(({ opened, setAside }) => opened || setAside !== undefined).length;
    const { calls, setAside, limit } = need;
    return {
      ...need,
      limit: limit - own.length,
      ...(calls === undefined ? {} : { calls: calls.slice(called) }),
      ...(setAside === undefined ? {} : { setAside: setAside.slice(called) }),
    };
  });
}

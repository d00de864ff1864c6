// Tasks of a key as a list that grows at both ends: older ones page by page as they are wanted, new ones and changes by events. The rows
// of a person who has scrolled down stay where they are: new tasks wait in `fresh` until `settle`.
//
// Events come in any order beside the answers, and not at all while the connection is lost: after each connect the list asks for what it
// missed. A new task waits for its prompt, which events don't carry; changes of rows do not wait for it.

import type { PlantainClient, TaskData } from '@plantain/client';
import { isAway, isTemporary } from '../away.ts';
import { type Filter, matches } from './filter.ts';
import { addEvents, addPage, emptyList, type ListState, removeTask, settleFresh } from './list-state.ts';
import { isFinal } from './live-tasks.ts';
import { createPager, findNewer } from './pager.ts';

/** Most unfinished tasks that are asked for after a time without a connection. */
const maxOpen = 1_000;
/** Most pages of new tasks after such a time; where there are more, the list begins anew. */
const maxMissedPages = 5;

export interface ListQuery {
  filter: Filter;
  pageSize: number;
  /** With the start of each prompt; needed where the filter has a search. */
  include?: 'prompt';
}

export interface ListView {
  signal: AbortSignal;
  onChange: (state: ListState) => void;
  /** False while new rows have to wait. */
  isAtTop: () => boolean;
  /** State of the list when the page was left: the list continues with it. */
  previous?: ListState | undefined;
  delays?: ListDelays;
}

/** In milliseconds. */
export interface ListDelays {
  /** How long events are collected before they are shown at once. */
  gather: number;
  /** How long after a temporary failure a page is asked for again. */
  retry: number;
}

const defaultDelays: ListDelays = { gather: 150, retry: 2_000 };

type Client = Pick<PlantainClient, 'list' | 'events' | 'getMany'>;

/** Loads and listens until the signal aborts. */
export function openLiveList(client: Client, query: ListQuery, view: ListView): LiveList {
  const list = new LiveList(client, query, view);
  list.start();
  return list;
}

export class LiveList {
  readonly #client: Client;
  readonly #query: ListQuery;
  readonly #view: ListView;
  readonly #delays: ListDelays;
  readonly #pager = createPager((createdBefore) => this.#openPages(createdBefore));
  #state: ListState;
  #isLoading = false;
  /** Events that wait to be shown together. */
  #received: TaskData[] = [];
  /** Lookups of prompts, one after the other; never rejects. */
  #lookups = Promise.resolve();

  constructor(client: Client, query: ListQuery, view: ListView) {
    this.#client = client;
    this.#query = query;
    this.#view = view;
    this.#delays = view.delays ?? defaultDelays;
    const { previous } = view;
    this.#state =
      previous === undefined || previous.ids.length === 0
        ? emptyList()
        : { ...previous, isLoading: false, error: null };
  }

  start(): void {
    if (this.#state.ids.length === 0) void this.more();
    this.#listen().catch((error: unknown) => this.#update({ error }));
  }

  /** Loads the next page, unless one is under way or the oldest task is there. Never rejects. */
  async more(): Promise<void> {
    if (this.#isLoading || this.#state.isComplete) return;
    this.#isLoading = true;
    this.#update({ isLoading: true });
    try {
      // A page of a filtered list may be empty and yet not the last.
      while (!(await this.#loadPage()));
    } catch (error) {
      this.#update({ error });
      if (isTemporary(error)) setTimeout(() => this.#retry(), this.#delays.retry);
    } finally {
      this.#isLoading = false;
      this.#update({ isLoading: false });
    }
  }

  /** Moves fresh tasks into the rows, and takes out those that do not match the filter any more. */
  settle(): void {
    this.#update(settleFresh(this.#state, this.#query.filter));
  }

  /** Adds or changes tasks that are known from elsewhere. */
  put(...tasks: readonly TaskData[]): void {
    if (this.#received.length === 0 && tasks.length > 0) setTimeout(() => this.#show(), this.#delays.gather);
    this.#received.push(...tasks);
  }

  /** Takes out a task that was deleted. */
  remove(id: string): void {
    this.#update(removeTask(this.#state, id));
  }

  #update(change: Partial<ListState>): void {
    this.#state = { ...this.#state, ...change };
    if (!this.#view.signal.aborted) this.#view.onChange(this.#state);
  }

  #openPages(createdBefore?: number) {
    const { filter, pageSize: limit, include } = this.#query;
    const members = {
      ...filter,
      limit,
      ...(include === undefined ? {} : { include }),
      ...(createdBefore === undefined ? {} : { created_before: createdBefore }),
    };
    return this.#client.list(members, { signal: this.#view.signal }).pages()[Symbol.asyncIterator]();
  }

  /** True when there is more to show, or nothing more to come. */
  async #loadPage(): Promise<boolean> {
    const page = await this.#pager.next(this.#state.tasks.get(this.#state.ids.at(-1) ?? ''));
    if (page === undefined) return false;
    const { length: before } = this.#state.ids;
    this.#update(addPage(this.#state, page));
    return this.#state.ids.length > before || this.#state.isComplete;
  }

  #retry(): void {
    if (!this.#view.signal.aborted) void this.more();
  }

  async #listen(): Promise<void> {
    const { signal } = this.#view;
    const onConnection = (isConnected: boolean) => this.#connect(isConnected);
    for await (const task of this.#client.events({ signal, onConnection })) this.put(task);
  }

  #connect(isConnected: boolean): void {
    this.#update({ isConnected });
    if (isConnected)
      this.#catchUp().catch((error: unknown) => {
        // The next connection asks again.
        if (!isAway(error)) this.#update({ error });
      });
  }

  /** Loads what changed before there was a connection. */
  async #catchUp(): Promise<void> {
    const { ids, fresh, tasks } = this.#state;
    const open = [...tasks.values()].filter((task) => !isFinal(task)).slice(0, maxOpen);
    const newest = [...ids, ...fresh].reduce((a, b) => (a > b ? a : b), '');
    const newer = await findNewer(() => this.#openPages(), newest, maxMissedPages);
    if (newer === null) {
      this.#pager.restart();
      this.#update(emptyList());
      await this.more();
      return;
    }
    this.put(...newer);
    if (open.length === 0) return;
    const openIds = open.map(({ task_id: id }) => id);
    const answer = await this.#client.getMany(openIds, { signal: this.#view.signal });
    for (const id of answer.unknown) this.remove(id);
    this.put(...answer.tasks);
  }

  /** Shows changes of rows at once, and new tasks in the order in which they came, with their prompts, which a search looks through. */
  #show(): void {
    const received = this.#received.splice(0);
    const { tasks } = this.#state;
    const added = received.filter(
      (task) => !tasks.has(task.task_id) && matches(this.#query.filter, task, true),
    );
    if (added.length > 0)
      this.#lookups = this.#lookups.then(async () =>
        this.#addEvents([...added, ...(await this.#withPrompts(added))]),
      );
    this.#addEvents(received.filter((task) => tasks.has(task.task_id)));
  }

  #addEvents(received: readonly TaskData[]): void {
    const next = addEvents(this.#state, this.#query.filter, received);
    this.#update(this.#view.isAtTop() ? settleFresh(next, this.#query.filter) : next);
  }

  /** Loads the tasks that lack a prompt once more, with it. Gives none where they can't be had: they are shown without. */
  async #withPrompts(added: readonly TaskData[]): Promise<readonly TaskData[]> {
    const { include } = this.#query;
    const ids = added.filter(({ prompt }) => prompt === undefined).map(({ task_id: id }) => id);
    if (include === undefined || ids.length === 0) return [];
    return await this.#client.getMany(ids, { signal: this.#view.signal, include }).then(
      ({ tasks }) => tasks,
      () => [],
    );
  }
}

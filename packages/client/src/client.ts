// Composes the client. It holds no connection and no timer between calls: there is nothing to close.

import { type Account, createAccount } from './account.ts';
import { type Admin, createAdmin } from './admin.ts';
import { PlantainError } from './errors.ts';
import { createFiles, type Files } from './files/files.ts';
import { createEvents, type Events } from './follow/events.ts';
import { createFollowTask } from './follow/follow-task.ts';
import { createWait, type Wait } from './follow/wait.ts';
import { deadlines } from './request/deadline.ts';
import { createRequester, type Fetch } from './request/request.ts';
import { type Batches, createBatches } from './tasks/batch.ts';
import { createInputs } from './tasks/inputs.ts';
import { createList, type List } from './tasks/list.ts';
import { createTasks, type Tasks } from './tasks/tasks.ts';
import { createWebhooks, type Webhooks } from './webhooks/webhooks.ts';

export interface ClientOptions {
  /** The server's address, everything before `/api/gemini/nano-banana`: `http://127.0.0.1:8787`. */
  baseUrl: string;
  /** Sent as it is in `Authorization`. Only a server in open mode needs none. */
  apiKey?: string | undefined;
  /** Replaces the platform's `fetch`. */
  fetch?: Fetch | undefined;
  /** Time limit of each try of a call; 60,000 ms by default. Uploads and pictures have 300,000. */
  timeoutMs?: number | undefined;
  /** Retries of a call that may succeed later; 5 by default. */
  maxRetries?: number | undefined;
  /** Headers of every call of the API, such as a proxy before the server needs. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Everything that a key can do. All methods reject with a `PlantainError`, or with the reason of the signal that they are given.
 * Of a server that is no Plantain, only `generate`, `edit`, `get`, `getMany`, `wait` and `picture` work; the rest rejects with
 * `UnsupportedError`.
 */
export interface PlantainClient extends Tasks, Account {
  /** Submits a task that makes pictures from a prompt. It is stored when this resolves. */
  generate: Tasks['generate'];
  /** Submits a task that edits or combines pictures. Bytes are uploaded first. */
  edit: Tasks['edit'];
  /** Resolves with the present state of a task. Rejects with `NotFoundError`. */
  get: Tasks['get'];
  /** Resolves with any number of tasks in the order of `ids`, and with the ids of which this key has no task. */
  getMany: Tasks['getMany'];
  /** Cancels a task; a running one may take a moment to end. Rejects with `ConflictError` when it has ended already. */
  cancel: Tasks['cancel'];
  /** Resolves with the request of a task, in the members of `generate` and `edit`. Rejects with `NotFoundError`. */
  requestOf: Tasks['requestOf'];
  /** Deletes a task that has ended, with its pictures, for good. Rejects with `ConflictError` where it has not ended. */
  delete: Tasks['delete'];
  /** Submits a failed task's request again. Rejects with `ConflictError` where the task has not failed. */
  retry: Tasks['retry'];
  /** Fetches the bytes of a result by its link; `number` counts from 1. */
  picture: Tasks['picture'];
  /** Lists the key's tasks, the newest first. */
  list: List;
  /**
   * Resolves with the task when it has succeeded; rejects with `TaskFailedError` when it has failed. Follows it by events, else by long
   * polls, else by polls, and goes on while the server is away, until the signal or `timeoutMs`.
   */
  wait: Wait;
  /**
   * Yields each task of the key at each change from now on: `for await (const task of client.events())`. It never ends by itself, and
   * resumes where a connection was lost.
   */
  events: Events;
  batch: Batches;
  files: Files;
  webhooks: Webhooks;
  /** Calls of an administrator's key. */
  admin: Admin;
}

/** Throws `PlantainError` for an address or a key that can't be one. */
export function createClient(options: ClientOptions): PlantainClient {
  const { timeoutMs = 60_000, maxRetries = 5, headers = {} } = options;
  const { random } = Math;
  const apiKey = checkedKey(options.apiKey ?? '');
  const requester = createRequester({
    baseUrl: checkedUrl(options.baseUrl),
    apiKey,
    headers: checkedHeaders(headers, apiKey !== ''),
    // Browsers refuse a `fetch` that is called as the member of something else.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    timeoutMs,
    maxRetries,
    random,
    deadlines,
  });
  const files = createFiles(requester);
  const inputs = createInputs(files);
  const silenceMs = 40_000;
  const now = () => performance.now();
  const followTask = createFollowTask({ requester, random, now, silenceMs, deadlines });
  return {
    ...createTasks(requester, inputs),
    ...createAccount(requester),
    list: createList(requester),
    wait: createWait(followTask, deadlines),
    events: createEvents({ requester, random, silenceMs, deadlines }),
    batch: createBatches(requester, inputs),
    files,
    webhooks: createWebhooks(requester),
    admin: createAdmin(requester),
  };
}

function checkedUrl(given: string | undefined): string {
  // A program that reads it from a variable is often started where that is not set.
  if (given === undefined || given === '')
    throw new PlantainError('baseUrl is missing.', {
      hint: 'Such as http://127.0.0.1:8787. Where it comes from a variable, such as PLANTAIN_URL, that is not set here.',
    });
  const url = URL.canParse(given) ? new URL(given) : null;
  const isPlain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw new PlantainError('baseUrl must be an http or https address without a user, ? or #.', {
      hint: 'Such as http://127.0.0.1:8787; the key goes into apiKey.',
    });
  return url.href.replace(/(?<!\/)\/+$/, '');
}

/** Checks the key before `fetch` does, whose error would show it. */
function checkedKey(given: string): string {
  const key = given.trim();
  if (/^[\x20-\x7e]*$/.test(key)) return key;
  throw new PlantainError('apiKey has characters that no key has, such as a line break.');
}

function checkedHeaders(
  given: Readonly<Record<string, string>>,
  hasKey: boolean,
): Readonly<Record<string, string>> {
  let headers: Headers;
  try {
    headers = new Headers(given);
  } catch {
    throw new PlantainError('headers has a name or a value that no HTTP header can have.');
  }
  if (hasKey && headers.has('authorization'))
    throw new PlantainError('headers has Authorization, in which apiKey is sent.', {
      hint: 'Leave one of them out. A Plantain also reads the key in X-Api-Key, where a proxy before it needs Authorization for itself and removes it.',
    });
  // Each body has a type of its own, and that of a form has the form's boundary.
  headers.delete('content-type');
  return Object.fromEntries(headers);
}

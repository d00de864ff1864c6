// One task: submit it, ask for it, cancel it, try it again, and get its pictures.

import { ConflictError, NotFoundError, PlantainError, UnsupportedError } from '../errors.ts';
import type { CallOptions } from '../request/call-options.ts';
import { type Requester, segment } from '../request/request.ts';
import type { SubmitBody, SubmitData, TaskData, TaskRequestData, TasksData } from '../wire/task-types.ts';
import { idempotency, type SubmitOptions } from './idempotency.ts';
import { type Inputs, type PictureSource, toLinks } from './inputs.ts';

export const tasksPath = '/api/gemini/nano-banana';
const maxIdsPerCall = 200;
/** Concurrent calls, where a server knows no call for many tasks. */
const maxConcurrentCalls = 8;
const maxPictureBytes = 256 * 2 ** 20;
/** A picture may have many megabytes. */
const pictureTimeoutMs = 300_000;

/** Request of a task; pictures go in any form. */
export interface GenerateInput extends Omit<SubmitBody, 'image_urls' | 'mask'> {
  image_urls?: readonly PictureSource[];
  mask?: PictureSource;
}

/** Request of a task that edits or combines pictures, at least one. */
export interface EditInput extends GenerateInput {
  image_urls: readonly PictureSource[];
}

export interface RetriedTask {
  /** The new task. */
  task_id: string;
  /** The failed one. */
  retry_of: string;
}

export interface DeletedTask {
  task_id: string;
  deleted: true;
}

export interface GetManyOptions extends CallOptions {
  /** Shows the first 200 characters of the prompt with each task; a server that is no Plantain shows none. */
  include?: 'prompt' | undefined;
}

/** Members of a task by which its pictures are found. */
export type PictureHolder = Pick<TaskData, 'task_id' | 'state' | 'data'>;

/** Size and format of a picture to fetch. Only a Plantain makes them; other servers send the picture as it is. */
export interface PictureOptions extends CallOptions {
  /** Maximum of pixels of a side, 1 to 4096. */
  width?: number | undefined;
  height?: number | undefined;
  format?: 'png' | 'jpeg' | 'webp' | 'avif' | undefined;
  /** 1 to 100. */
  quality?: number | undefined;
}

/** See `PlantainClient`. */
export interface Tasks {
  generate(input: GenerateInput, options?: SubmitOptions): Promise<SubmitData>;
  edit(input: EditInput, options?: SubmitOptions): Promise<SubmitData>;
  get(id: string, options?: CallOptions): Promise<TaskData>;
  getMany(ids: readonly string[], options?: GetManyOptions): Promise<TasksData>;
  requestOf(id: string, options?: CallOptions): Promise<TaskRequestData>;
  cancel(id: string, options?: CallOptions): Promise<TaskData>;
  retry(id: string, options?: SubmitOptions): Promise<RetriedTask>;
  delete(id: string, options?: CallOptions): Promise<DeletedTask>;
  picture(task: PictureHolder, number?: number, options?: PictureOptions): Promise<Blob>;
}

export function createTasks({ request, bytes }: Requester, inputs: Inputs): Tasks {
  const submit = createSubmit(request, inputs);
  const get: Tasks['get'] = async (id, { signal } = {}) =>
    (await request<TaskData>('state', { path: taskPath(id), signal })).data;
  return {
    generate: (input, options = {}) => submit(tasksPath, input, options),
    edit: (input, options = {}) => submit(`${tasksPath}-edit`, input, options),
    get,
    getMany: createGetMany(request, get),
    async requestOf(id, { signal } = {}) {
      const call = { path: `${taskPath(id)}/request`, signal, feature: 'tell what a task was asked for' };
      return (await request<TaskRequestData>('prompt', call)).data;
    },
    cancel: createCancel(request, get),
    async delete(id, { signal } = {}) {
      const call = { ...postTo(id, 'delete'), signal, feature: 'delete a task' };
      return (await request<DeletedTask>('task_id', call)).data;
    },
    async retry(id, { signal, idempotencyKey } = {}) {
      const call = { ...postTo(id, 'retry'), signal, feature: 'try a task again' };
      const headers = idempotency(idempotencyKey);
      return (await request<RetriedTask>('task_id', { ...call, headers })).data;
    },
    picture: async (task, number = 1, { signal, ...rendition } = {}) => {
      const path = renditionLink(linkOf(task, number), rendition);
      return await bytes({ path, signal, timeoutMs: pictureTimeoutMs }, maxPictureBytes);
    },
  };
}

const taskPath = (id: string): string => `${tasksPath}/${segment(id)}`;
const postTo = (id: string, action: string) =>
  ({ method: 'POST', path: `${taskPath(id)}/${action}` }) as const;

function createSubmit(request: Requester['request'], inputs: Inputs) {
  return async (
    path: string,
    input: GenerateInput,
    { signal, idempotencyKey }: SubmitOptions,
  ): Promise<SubmitData> => {
    const headers = idempotency(idempotencyKey);
    const json = await toLinks(input, inputs, signal);
    return (await request<SubmitData>('task_id', { method: 'POST', path, json, headers, signal })).data;
  };
}

function createGetMany(request: Requester['request'], get: Tasks['get']): Tasks['getMany'] {
  async function getPart(ids: string[], { include, signal }: GetManyOptions): Promise<TasksData> {
    const path = `${tasksPath}?ids=${ids.join(',')}${include === undefined ? '' : `&include=${include}`}`;
    try {
      return (await request<TasksData>('unknown', { path, signal, feature: 'tell of many tasks' })).data;
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      return await getEach(ids, (id) => get(id, { signal }));
    }
  }

  return async (given, options = {}) => {
    const ids = [...new Set(given)].map(segment);
    const found: TasksData = { tasks: [], unknown: [] };
    for (let at = 0; at < ids.length; at += maxIdsPerCall) {
      const part = await getPart(ids.slice(at, at + maxIdsPerCall), options);
      found.tasks.push(...part.tasks);
      found.unknown.push(...part.unknown);
    }
    return found;
  };
}

function createCancel(request: Requester['request'], get: Tasks['get']): Tasks['cancel'] {
  return async (id, { signal } = {}) => {
    try {
      const call = { ...postTo(id, 'cancel'), signal, feature: 'cancel a task' };
      return (await request<TaskData>('state', call)).data;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // It may be cancelled by an earlier try of this call, whose answer was lost.
      const task = await get(id, { signal });
      if (task.error?.type === 'cancelled') return task;
      throw error;
    }
  };
}

/** Asks for each task by a call of its own, a few at a time. */
async function getEach(ids: readonly string[], get: (id: string) => Promise<TaskData>): Promise<TasksData> {
  const found: (TaskData | null)[] = [];
  for (let at = 0; at < ids.length; at += maxConcurrentCalls) {
    const some = ids.slice(at, at + maxConcurrentCalls).map((id) =>
      get(id).catch((error: unknown) => {
        if (error instanceof NotFoundError) return null;
        throw error;
      }),
    );
    found.push(...(await Promise.all(some)));
  }
  return {
    tasks: found.filter((task) => task !== null),
    unknown: ids.filter((_, index) => found[index] === null),
  };
}

/** Link to a picture by its number from 1. Throws `PlantainError` where the task has no such picture. */
function linkOf(task: PictureHolder, number: number): string {
  const link = task.data.images[number - 1]?.url;
  if (link !== undefined) return link;
  const has = isFinal(task) ? `it has ${task.data.images.length}` : `its state is ${task.state}`;
  throw new PlantainError(`The task ${task.task_id} has no picture ${number}: ${has}.`);
}

export function isFinal({ state }: Pick<TaskData, 'state'>): boolean {
  return state === 'succeeded' || state === 'error';
}

function renditionLink(link: string, { width, height, format, quality }: PictureOptions): string {
  const asked = Object.entries({ w: width, h: height, format, q: quality }).filter(
    ([, value]) => value !== undefined,
  );
  if (asked.length === 0) return link;
  const url = new URL(link);
  for (const [name, value] of asked) url.searchParams.set(name, String(value));
  return url.href;
}

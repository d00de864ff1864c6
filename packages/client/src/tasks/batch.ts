// Many tasks in one submit, under one id: all are accepted or none.

import type { CallOptions } from '../request/call-options.ts';
import { type Requester, segment } from '../request/request.ts';
import type { BatchCancelData, BatchData, BatchStatusData } from '../wire/batch-types.ts';
import type { DryRunData, TaskAction } from '../wire/task-types.ts';
import { idempotency, type SubmitOptions } from './idempotency.ts';
import { type Inputs, type PictureSource, toLinks } from './inputs.ts';
import { type GenerateInput, tasksPath } from './tasks.ts';

/** Tasks of one submit. Members beside `tasks` are the defaults of each task. */
export interface BatchInput extends Partial<GenerateInput> {
  /** 1 to 1,000; without an `action`, a task with pictures is an edit. */
  tasks: readonly (Partial<GenerateInput> & { action?: TaskAction })[];
}

/** See `PlantainClient.batch`. */
export interface Batches {
  /** A picture that several tasks share is uploaded once. */
  submit(input: BatchInput, options?: SubmitOptions): Promise<BatchData>;
  /**
   * Checks a submit, budgets and limits too, and tells what it would cost; no task is made. Bytes are not uploaded: a picture of one pixel
   * stands for each, as the price goes by their number. Never makes a task on a server that is no Plantain: it rejects with
   * `UnsupportedError` there.
   */
  dryRun(input: BatchInput, options?: CallOptions): Promise<DryRunData>;
  get(id: string, options?: CallOptions): Promise<BatchStatusData>;
  /** Cancels what has not ended. */
  cancel(id: string, options?: CallOptions): Promise<BatchCancelData>;
}

const path = `${tasksPath}/batch`;
const feature = 'take batches';

export function createBatches({ request }: Requester, inputs: Inputs): Batches {
  async function bodyOf(
    { tasks, ...shared }: BatchInput,
    links: Inputs,
    signal: AbortSignal | undefined,
  ): Promise<object> {
    const once = rememberLinks(links);
    const sent: object[] = [];
    for (const task of tasks) sent.push(await toLinks(task, once, signal));
    return { ...(await toLinks(shared, once, signal)), tasks: sent };
  }
  return {
    async submit(input, { signal, idempotencyKey } = {}) {
      const headers = idempotency(idempotencyKey);
      const json = await bodyOf(input, inputs, signal);
      return (await request<BatchData>('batch_id', { method: 'POST', path, json, headers, signal, feature }))
        .data;
    },
    async dryRun(input, { signal } = {}) {
      const json = await bodyOf(input, standIns, signal);
      const call = { method: 'POST', path: `${path}?dry_run=true`, json, signal, feature } as const;
      return (await request<DryRunData>('dry_run', call)).data;
    },
    async get(id, { signal } = {}) {
      const call = { path: `${path}/${segment(id)}`, signal, feature };
      return (await request<BatchStatusData>('batch_id', call)).data;
    },
    async cancel(id, { signal } = {}) {
      const call = { method: 'POST', path: `${path}/${segment(id)}/cancel`, signal, feature } as const;
      return (await request<BatchCancelData>('batch_id', call)).data;
    },
  };
}

/** A transparent pixel. */
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const standIns: Inputs = (source) =>
  Promise.resolve(typeof source === 'string' ? source : source instanceof URL ? source.href : pixel);

function rememberLinks(inputs: Inputs): Inputs {
  const links = new Map<PictureSource, string>();
  return async (source, signal) => {
    const link = links.get(source) ?? (await inputs(source, signal));
    links.set(source, link);
    return link;
  };
}

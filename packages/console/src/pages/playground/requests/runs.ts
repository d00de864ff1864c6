// Requests that were sent from this tab. A request is stored with its idempotency key before it is sent: where the answer is lost, or the
// page is reloaded in between, it is sent again and yet makes one task.

import {
  ApiError,
  AuthenticationError,
  type PlantainClient,
  type Refusal,
  type SubmitBody,
} from '@plantain/client';
import { useEffect, useState } from 'react';
import { isTemporary } from '../../../away.ts';
import { type InputPicture, inputPictures } from '../../../parts/picture/inputs.ts';
import { ratioFor } from '../../../parts/picture/ratio.ts';
import type { Tasks } from '../../../live/live-tasks.ts';
import { createStored, useStored } from '../../../stored.ts';
import { bodiesOf, draft, type Fields } from '../form/fields.ts';
import { noteMade } from './made-requests.ts';

export interface Run {
  idempotencyKey: string;
  /** Content of the form. */
  fields: Fields;
  inputs: readonly InputPicture[];
  body: SubmitBody;
  /** Expected width of its pictures divided by their height. */
  ratio?: number;
  /** Absent until the server has answered. */
  taskId?: string;
  warnings?: readonly string[];
  /** Message of the server's refusal; `refusedAs` has its type and details. */
  refusal?: string;
  refusedAs?: Pick<Refusal, 'type' | 'details'>;
  /** True where its task ended without a picture. */
  failed?: boolean;
}

/** Runs of this tab, the newest first. */
export const runs = createStored<readonly Run[]>('plantain.playground.runs.1', []);

const maxRuns = 60;
const retryMs = 2_000;

/** Adds a run for each body; `ratios` are those that the model makes. */
export function addRuns(
  fields: Fields,
  inputs: readonly InputPicture[],
  bodies: readonly SubmitBody[] = bodiesOf(fields, inputs),
  ratios: readonly string[] = [],
): void {
  const ratio = ratioFor(fields.aspectRatio, inputs, ratios);
  const added = bodies.map((body): Run => {
    return { idempotencyKey: randomKey(), fields, inputs, body, ratio };
  });
  add(added);
}

function add(added: readonly Run[]): void {
  const all = [...added, ...runs.get()];
  for (const run of all.slice(maxRuns)) noteCleared(run);
  runs.set(() => all.slice(0, maxRuns));
}

export function addRetry(run: Run, taskId: string): void {
  const { fields, inputs, body, ratio = 1 } = run;
  add([{ fields, inputs, body, ratio, idempotencyKey: randomKey(), taskId }]);
}

export function removeRuns(keys: ReadonlySet<string>): void {
  const isGoing = ({ idempotencyKey }: Run) => keys.has(idempotencyKey);
  for (const run of runs.get().filter(isGoing)) noteCleared(run);
  runs.set((all) => all.filter((run) => !isGoing(run)));
}

/** True where the run has pictures, or may have them yet. */
export function isMade({ refusal, failed }: Run): boolean {
  return refusal === undefined && failed !== true;
}

/** Remembers that a picture was made although its card is gone. */
function noteCleared(run: Run): void {
  if (isMade(run)) noteMade([run.body]);
}

/** Stores which of the tasks failed: their requests are sent again without a confirmation. */
export function noteFailures(tasks: Tasks): void {
  const isNew = ({ taskId = '', failed }: Run) => failed !== true && tasks.get(taskId)?.state === 'error';
  if (!runs.get().some(isNew)) return;
  runs.set((all) => all.map((run) => (isNew(run) ? { ...run, failed: true } : run)));
}

/** Fills the form with the request of this one picture. */
export function fillForm({ fields, inputs, body }: Run): void {
  draft.set(() => ({ ...fields, count: 1, seed: body.seed === undefined ? '' : String(body.seed) }));
  inputPictures.set(() => inputs);
}

/** Idempotency keys of the requests under way, whichever part of the page is shown. */
const sending = new Set<string>();

/** Sends the runs that have not been sent. True while the server can't be reached. */
export function useSending(client: PlantainClient): boolean {
  const all = useStored(runs);
  const [away, setAway] = useState(false);
  const [round, setRound] = useState(0);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const waiting = all.filter(({ taskId, refusal }) => taskId === undefined && refusal === undefined);
    for (const run of waiting)
      void sendRun(client, run).then((answered) => {
        setAway(!answered);
        if (!answered) timer ??= setTimeout(() => setRound((last) => last + 1), retryMs);
      });
    return () => clearTimeout(timer);
  }, [client, all, round]);

  return away;
}

/** Sends a run, also when its page is left meanwhile: the person wants the picture. False where it has to be sent again. */
export async function sendRun(
  client: Pick<PlantainClient, 'generate' | 'edit'>,
  { idempotencyKey, body }: Run,
): Promise<boolean> {
  if (sending.has(idempotencyKey)) return true;
  sending.add(idempotencyKey);
  const { image_urls, ...rest } = body;
  const options = { idempotencyKey };
  try {
    const { task_id: taskId, warnings } = await (image_urls === undefined
      ? client.generate(rest, options)
      : client.edit({ ...rest, image_urls }, options));
    change(idempotencyKey, { taskId, ...(warnings === undefined ? {} : { warnings }) });
    return true;
  } catch (error) {
    // The key was revoked or has expired: the run is sent when its person signs in again.
    if (isTemporary(error) || error instanceof AuthenticationError) return false;
    const refusal = error instanceof Error ? error.message : String(error);
    const refusedAs = error instanceof ApiError ? { type: error.type, details: error.details } : {};
    change(idempotencyKey, { refusal, refusedAs });
    return true;
  } finally {
    sending.delete(idempotencyKey);
  }
}

function change(idempotencyKey: string, outcome: Partial<Run>): void {
  runs.set((all) => all.map((run) => (run.idempotencyKey === idempotencyKey ? { ...run, ...outcome } : run)));
}

/** A page that came over plain http has no `crypto.randomUUID`. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

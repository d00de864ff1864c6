// What was sent from this tab. A request is kept, with the key that makes it safe to repeat, before it leaves: where the answer is
// lost, or the page is loaded anew in between, it is sent again and is yet one task.

import {
  ApiError,
  AuthenticationError,
  type PlantainClient,
  type Refusal,
  type SubmitBody,
} from '@plantain/client';
import { useEffect, useState } from 'react';
import { isTemporary } from '../../away.ts';
import { type InputPicture, inputPictures } from '../../parts/picture/inputs.ts';
import { ratioFor } from '../../parts/viewer/place.ts';
import type { Tasks } from '../../live/live-tasks.ts';
import { createStored, useStored } from '../../stored.ts';
import { bodiesOf, draft, type Fields } from './fields.ts';
import { noteMade } from './made-requests.ts';

export interface Run {
  idempotencyKey: string;
  /** What the form was filled with. */
  fields: Fields;
  inputs: readonly InputPicture[];
  body: SubmitBody;
  /** Width divided by height that its pictures are expected to have. */
  ratio?: number;
  /** Absent until the server has it. */
  taskId?: string;
  warnings?: readonly string[];
  /** Why the server did not take it: its sentence, and what it calls that. */
  refusal?: string;
  refusedAs?: Pick<Refusal, 'type' | 'details'>;
  /** Where its task ended without a picture. */
  failed?: boolean;
}

/** The newest first. */
export const runs = createStored<readonly Run[]>('plantain.playground.runs.1', []);

const maxRuns = 60;
const retryMs = 2_000;

/** `ratios` are those that the model makes. */
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

/** A task that was made from a failed one. */
export function addRetry(run: Run, taskId: string): void {
  const { fields, inputs, body, ratio = 1 } = run;
  add([{ fields, inputs, body, ratio, idempotencyKey: randomKey(), taskId }]);
}

export function removeRuns(keys: ReadonlySet<string>): void {
  const isGoing = ({ idempotencyKey }: Run) => keys.has(idempotencyKey);
  for (const run of runs.get().filter(isGoing)) noteCleared(run);
  runs.set((all) => all.filter((run) => !isGoing(run)));
}

/** Whether it has pictures, or may yet. */
export function isMade({ refusal, failed }: Run): boolean {
  return refusal === undefined && failed !== true;
}

/** Keeps in mind that there is its picture, although its card is gone. */
function noteCleared(run: Run): void {
  if (isMade(run)) noteMade([run.body]);
}

/** Keeps which of the tasks failed: the requests of these may be made again without a word. */
export function noteFailures(tasks: Tasks): void {
  const isNew = ({ taskId = '', failed }: Run) => failed !== true && tasks.get(taskId)?.state === 'error';
  if (!runs.get().some(isNew)) return;
  runs.set((all) => all.map((run) => (isNew(run) ? { ...run, failed: true } : run)));
}

/** Fills the form with what this one picture was made from. */
export function fillForm({ fields, inputs, body }: Run): void {
  draft.set(() => ({ ...fields, count: 1, seed: body.seed === undefined ? '' : String(body.seed) }));
  inputPictures.set(() => inputs);
}

/** Of this page, on whatever part of it the person is now. */
const sending = new Set<string>();

/** Sends what has not been sent. True while the server can't be reached. */
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

/** Not aborted when the page is left: the person wants the picture. False where it has to be sent again. */
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
    // Refused as the key is not taken any more: it is sent when its person is back.
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

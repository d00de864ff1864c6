// Delivers an ended task: its pictures as files or links, a sentence on its end, and the exit code.

import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { PlantainClient, TaskData } from '../index.ts';
import type { Context } from './command.ts';
import { codeOf, explain, UsageError } from './exit-codes.ts';
import { picturePath, savePicture } from './picture-files.ts';
import { pictureProtocol } from './picture-protocols.ts';
import { endText } from './task-text.ts';
import { plain } from './terminal.ts';

/** Options on the destination of pictures, for every command that ends with pictures. */
export const deliveryOptions = {
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    isPath: true,
    about: 'save pictures here: a file, a folder, a name with {n} {id} {ext}, or - for stdout',
  },
  force: { type: 'boolean', about: 'replace files that exist, instead of taking another name' },
  'no-preview': { type: 'boolean', about: 'show no picture in the terminal' },
  json: { type: 'boolean', about: 'print JSON' },
} as const;

export interface DeliveryValues {
  output?: string;
  force?: boolean;
  'no-preview'?: boolean;
  json?: boolean;
}

export type Deliver = (client: PlantainClient, task: TaskData) => Promise<number>;

/** Maximum sides and size of a preview. */
const previewPixels = 800;
const previewBytes = 8 * 2 ** 20;

/** Checks the options before anything is paid for. `tasks`: the number to be delivered. Throws `UsageError`. */
export async function createDeliver(context: Context, values: DeliveryValues, tasks = 1): Promise<Deliver> {
  const { terminal } = context;
  const { output, json = false } = values;
  if (output === '') throw new UsageError('--output needs a name.');
  if (output === '-' && (json || tasks > 1 || terminal.showsData))
    throw new UsageError(
      '-o - writes one picture to a pipe or a file: not with --json, and not to a terminal.',
    );
  const isFolder = output !== undefined && output !== '-' && (await isDirectory(output));
  const template = isFolder ? `${output}/` : output;
  if (template !== undefined && template !== '-') await prepareFolder(template);
  // With several tasks, names count on from one to the next.
  const countsOn = tasks > 1 && template !== undefined && !/[/\\]$|\{id\}/.test(template);
  let before = 0;

  return async (client, task) => {
    const links = task.data.images.map(({ url }) => url);
    const files: string[] = [];
    for (const warning of task.warnings ?? []) terminal.message(terminal.paint('yellow', plain(warning)));
    if (template === '-') await writeToStdout(context, client, task);
    else if (template !== undefined)
      for (const index of links.keys()) {
        const path = picturePath(template, {
          id: task.task_id,
          number: countsOn || links.length > 1 ? String((countsOn ? before : 0) + index + 1) : '',
          contentType: task.image_details?.[index]?.content_type,
        });
        const source = { client, task, number: index + 1, signal: context.signal };
        files.push(
          await savePicture(source, path, values.force ?? false).catch((error: unknown) => {
            terminal.message(`The server keeps the pictures: plantain wait ${plain(task.task_id)} -o PLACE`);
            throw error;
          }),
        );
      }
    before += links.length;
    if (json) terminal.json(template === undefined ? task : { ...task, files });
    else if (template !== '-') for (const line of template === undefined ? links : files) terminal.data(line);
    if (!json && values['no-preview'] !== true) await preview(context, client, task);
    const ok = task.state === 'succeeded';
    const words = endText(task) ?? '';
    terminal.message(ok ? terminal.paint('dim', words) : terminal.paint('red', words));
    return codeOf(ok ? 'ok' : 'failed');
  };
}

/** Makes the folder and checks that it can be written to, before pictures are paid for. */
async function prepareFolder(template: string): Promise<void> {
  const folder = /[/\\]$/.test(template) ? template : dirname(template);
  if (folder.includes('{')) return;
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function writeToStdout(
  { terminal, signal }: Context,
  client: PlantainClient,
  task: TaskData,
): Promise<void> {
  const { length } = task.data.images;
  if (length > 1) terminal.message(`The task has ${length} pictures; stdout gets the first.`);
  if (length === 0) return;
  const picture = await client.picture(task, 1, { signal });
  terminal.stdout.write(new Uint8Array(await picture.arrayBuffer()));
}

/** Shows pictures in a terminal, never in a pipe. A failure is only mentioned, since the pictures were delivered. */
async function preview(
  { terminal, environment, signal }: Context,
  client: PlantainClient,
  task: TaskData,
): Promise<void> {
  const protocol = terminal.showsData ? pictureProtocol(environment) : null;
  if (protocol === null) return;
  const { format } = protocol;
  for (const index of task.data.images.keys())
    try {
      const picture = await client.picture(task, index + 1, {
        signal,
        width: previewPixels,
        height: previewPixels,
        format,
      });
      if (picture.size > previewBytes || picture.type !== `image/${format}`) continue;
      terminal.stdout.write(protocol.encode(new Uint8Array(await picture.arrayBuffer())));
    } catch (error) {
      signal.throwIfAborted();
      terminal.message(terminal.paint('dim', `No preview: ${explain(error).message}`));
    }
}

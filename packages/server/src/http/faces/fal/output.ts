// Forms of tasks for fal's clients: the output of nano-banana, and the state of a request.

import type { TaskData } from '@plantain/client';
import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import type { StoredPicture, Task } from '../../../core/tasks/task.ts';
import { imagesData, type Links } from '../../views/task-view.ts';
import { PictureText } from '../kit/picture-json.ts';
import type { FalFile, FalLinks, FalLog, FalOutput, FalStatus } from './answers.ts';
import { falRoot } from './fal-target.ts';

/** Part of an id of an app before its path. */
export interface App {
  owner: string;
  /** Alias, with a path behind it where a submit had one. */
  alias: string;
}

export const appOf = ({ owner, alias }: App): string => `${owner}/${alias}`;

/** Makes the links of a request, which leave out the path of an app as fal's do. */
export function falLinks(publicUrl: string, { owner, alias }: App, id: string): FalLinks {
  const [name = ''] = alias.split('/');
  const app = [owner, name].map(encodeURIComponent).join('/');
  const link = `${publicUrl}${falRoot}/${app}/requests/${id}`;
  return { request_id: id, response_url: link, status_url: `${link}/status`, cancel_url: `${link}/cancel` };
}

/** Makes the output with links to its pictures, which convert them to the format that was asked for when they are followed. */
export function linkedOutput(task: Task, links: Links): FalOutput {
  const { images, description } = imagesData(task, links);
  const files = (task.result?.pictures ?? []).map((picture, index): FalFile => {
    const format = formatOf(task, picture);
    const url = images[index]?.url ?? '';
    return format === undefined
      ? fileOf(picture, { url, contentType: picture.content_type, bytes: picture.bytes })
      : fileOf(picture, { url: `${url}&format=${format}`, contentType: `image/${format}`, bytes: null });
  });
  return { images: files, description };
}

/** Makes the output with the pictures themselves, which are `PictureText` until they are sent. */
export async function inlineOutput(task: Task, render: RenderPicture): Promise<FalOutput> {
  const { pictures = [], description = '' } = task.result ?? {};
  const images = await Promise.all(
    pictures.map(async (picture) => {
      const format = formatOf(task, picture);
      const { key, contentType, bytes } =
        format === undefined
          ? { ...picture, contentType: picture.content_type }
          : await render(picture, { format }, task.keyId);
      const url = new PictureText(key, `data:${contentType};base64,`) as unknown as string;
      return fileOf(picture, { url, contentType, bytes });
    }),
  );
  return { images, description };
}

/** `undefined` for a picture that stays as it is. */
function formatOf({ request: { face } }: Task, { content_type: type }: StoredPicture) {
  return face?.format === undefined || type === `image/${face.format}` ? undefined : face.format;
}

function fileOf(
  { fileName, content_type: made, width, height }: StoredPicture,
  { url, contentType, bytes }: { url: string; contentType: string; bytes: number | null },
): FalFile {
  const ending = contentType === 'image/jpeg' ? 'jpg' : contentType.replace('image/', '');
  const name = fileName.slice(0, fileName.lastIndexOf('.')) || fileName;
  return {
    url,
    content_type: contentType,
    file_name: contentType === made ? fileName : `${name}.${ending}`,
    file_size: bytes,
    width,
    height,
  };
}

const states = {
  pending: 'IN_QUEUE',
  running: 'IN_PROGRESS',
  succeeded: 'COMPLETED',
  error: 'COMPLETED',
} as const;

/** Makes the state of a request from the answer to a status query. */
export function falStatus(data: TaskData, links: FalLinks, { logs }: { logs: boolean }): FalStatus {
  const { state, error, queue_position: position } = data;
  const isCancelled = error?.type === 'cancelled';
  const status = isCancelled ? 'CANCELLED' : states[state];
  return {
    status,
    ...links,
    ...(status === 'IN_QUEUE' ? { queue_position: aheadOf(position) } : {}),
    logs: logs ? logsOf(data) : [],
    ...(status === 'COMPLETED' ? { metrics: { inference_time: lastSeconds(data) } } : {}),
    ...(error === undefined ? {} : { error: error.message, error_type: error.type }),
  };
}

/** Number of tasks that are ahead, of a position that counts from 1. */
export const aheadOf = (position: number | null | undefined): number => Math.max(0, (position ?? 1) - 1);

function lastSeconds({ attempts }: TaskData): number | null {
  const last = attempts.at(-1);
  return last?.end_time === undefined ? null : Number(last.end_time) - Number(last.start_time);
}

/** Calls of upstreams, as lines of a log. */
function logsOf({ attempts }: TaskData): FalLog[] {
  return attempts.flatMap(({ number, upstream, upstream_model, start_time, end_time, outcome, error }) => {
    const began = line(start_time, 'INFO', `Call ${number} of ${upstream}, model ${upstream_model}, began.`);
    if (end_time === undefined) return [began];
    const end = error === undefined ? `${outcome ?? 'ended'}.` : `${outcome}: ${error.message}`;
    return [began, line(end_time, error === undefined ? 'INFO' : 'ERROR', `Call ${number} ${end}`)];
  });
}

/** `at` in Unix seconds. */
function line(at: string, level: FalLog['level'], message: string): FalLog {
  return { message, level, source: 'USER', timestamp: new Date(Number(at) * 1000).toISOString() };
}

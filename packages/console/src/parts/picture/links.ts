// The pictures of tasks, and links to smaller files of them, which the server makes on demand.

import type { TaskData } from '@plantain/client';
import { nameOfPicture } from './name.ts';

export interface Picture {
  /** The signed link to the original. */
  url: string;
  fileName: string;
  width: number;
  height: number;
  taskId: string;
  /** Position among the task's pictures; 0 is the first. */
  index: number;
  /** The task's prompt or its beginning, where that is known. */
  prompt?: string | undefined;
}

/** The link to the picture as WebP, within a box of this many pixels; the signature does not cover what is added. */
export function renditionOf(url: string, box: { width: number; height?: number }): string {
  const link = new URL(url);
  link.searchParams.set('w', String(box.width));
  if (box.height !== undefined) link.searchParams.set('h', String(box.height));
  link.searchParams.set('format', 'webp');
  return link.href;
}

/** Whether a link leads to a picture that a server of this kind keeps, which can be shown here in any size. */
export function isSigned(link: string): boolean {
  const url = URL.parse(link);
  return url !== null && /\/files\/[^/]+\/[^/]+$/.test(url.pathname) && url.searchParams.has('token');
}

export function picturesOf(task: TaskData, prompt = task.prompt): Picture[] {
  const { task_id: taskId } = task;
  return task.data.images.map(({ url, file_name: serverName }, index) => {
    const { width = 1024, height = 1024 } = task.image_details?.[index] ?? {};
    const fileName = nameOfPicture({ prompt, taskId, index, serverName });
    return { url, fileName, width, height, taskId, index, prompt };
  });
}

/** Whether nothing is to be seen of a succeeded task any more: its time is over, or its pictures were deleted. */
export function isExpired(task: TaskData, now = Date.now()): boolean {
  return task.data.images.length === 0 || Number(task.expires_at ?? Infinity) * 1000 <= now;
}

// Partial images: pictures in the making, from the run that gets them to whoever waits for the task. They are no part of the task: none is
// stored with it, shown of it or counted, and what nobody waits for is dropped.

import type { ImageDetails } from '../tasks/task.ts';

/** Partial image that was inspected. */
export interface PartialImage extends Pick<ImageDetails, 'content_type' | 'width' | 'height'> {
  /** Number of the attempt that brought it: a later attempt begins anew. */
  attempt: number;
  /** Number among those of its picture, from 0. */
  index: number;
  bytes: Uint8Array;
}

/** Partial image that may lie elsewhere. */
export interface FollowedPartialImage extends Omit<PartialImage, 'bytes'> {
  /** In bytes. */
  size: number;
  /** Gives the bytes, or `null` where they are gone: they are kept until the task has ended. May reject. */
  read(): Uint8Array | Promise<Uint8Array | null>;
}

/** Run of a task that may bring partial images. */
export interface PartialImagesOfRun {
  /** Whether somebody waits for them now. */
  isAwaited(): boolean;
  /** Gives one to all who wait. Returns at once and never throws. */
  give(image: PartialImage): void;
  /** Ends what the run has begun. Returns at once and never throws. */
  end(): void;
}

export interface PartialImages {
  /** Begins a run of the task on this server. */
  begin(taskId: string): PartialImagesOfRun;
  /** Calls `onImage` with each partial image of the task that comes from now on; returns the function that ends it. `onImage` must not throw. */
  follow(taskId: string, onImage: (image: FollowedPartialImage) => void): () => void;
}

/** Partial images of runs on this server for those who wait on it. */
export interface LocalPartialImages extends PartialImages {
  isFollowed(taskId: string): boolean;
  /** Gives one to all who wait on this server. */
  tell(taskId: string, image: FollowedPartialImage): void;
}

export function createLocalPartialImages(): LocalPartialImages {
  const followers = new Map<string, Set<(image: FollowedPartialImage) => void>>();
  const isFollowed = (taskId: string) => followers.has(taskId);
  function tell(taskId: string, image: FollowedPartialImage): void {
    for (const onImage of followers.get(taskId) ?? []) onImage(image);
  }
  return {
    isFollowed,
    tell,
    begin: (taskId) => ({
      isAwaited: () => isFollowed(taskId),
      give: ({ bytes, ...image }) => tell(taskId, { ...image, size: bytes.length, read: () => bytes }),
      end: () => {},
    }),
    follow(taskId, onImage) {
      const own = (image: FollowedPartialImage) => onImage(image);
      const group = followers.get(taskId) ?? new Set();
      followers.set(taskId, group.add(own));
      return () => {
        if (group.delete(own) && group.size === 0) followers.delete(taskId);
      };
    },
  };
}

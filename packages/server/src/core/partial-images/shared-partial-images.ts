// Partial images across servers on one store: one runs the task, another has the client that waits. A run says that it has begun, whoever waits for
// the task says so, and from then on, until all have left, each partial image is put into the picture store and named in a message. Where nobody
// waits nothing is stored. What a run has stored is deleted when it ends; what a crash leaves, the sweep finds below `partialImagesFolder`.

import { buffer } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
import type { Messages } from '../nodes/messages.ts';
import type { PictureStore } from '../pictures/picture-store.ts';
import type {
  FollowedPartialImage,
  LocalPartialImages,
  PartialImage,
  PartialImages,
  PartialImagesOfRun,
} from './partial-images.ts';

export const partialImagesFolder = 'partial-images';

interface SharedParts {
  local: LocalPartialImages;
  messages: Messages;
  pictures: Pick<PictureStore, 'put' | 'read' | 'delete'>;
}

/** Kinds of messages. `begun`: the task runs; `waits`: somebody follows it; `left`: nobody does any more; `stored`: a partial image lies in the picture store. */
const kinds = ['begun', 'waits', 'left', 'stored'] as const;

interface Message {
  /** Server that has sent it, by a name that it has until it stops. */
  from: string;
  kind: (typeof kinds)[number];
  taskId: string;
  rest: string[];
}

/** Most partial images that one run may store: ten pictures of a task have three each, and failed calls theirs. */
const maxStored = 60;

/** Most servers whose followers a run knows of: with more, it may end its storing while somebody waits. */
const maxWaiting = 100;

/** Gives partial images that reach whoever follows them on any server. */
export function sharePartialImages({ local, messages, pictures }: SharedParts): PartialImages {
  const self = randomUUID();
  const send = (...words: (string | number)[]) => messages.send([self, ...words].join(' '));
  /** Runs of this server, by their task, with the servers on which somebody waits. */
  const runs = new Map<string, { waiting: Set<string> }>();
  const tellWaits = (taskId: string) => send('waits', taskId);

  messages.listen((text) => {
    const message = readMessage(text, self);
    if (message === undefined) return;
    const { from, kind, taskId, rest } = message;
    const waiting = runs.get(taskId)?.waiting;
    if (kind === 'waits' && waiting !== undefined && waiting.size < maxWaiting) waiting.add(from);
    if (kind === 'left') waiting?.delete(from);
    if (kind === 'waits' || kind === 'left' || !local.isFollowed(taskId)) return;
    if (kind === 'begun') return tellWaits(taskId);
    const image = readStored(taskId, rest, pictures);
    if (image !== undefined) local.tell(taskId, image);
  });

  return {
    begin(taskId) {
      const run = { waiting: new Set<string>() };
      runs.set(taskId, run);
      send('begun', taskId);
      const own = local.begin(taskId);
      const elsewhere = createStoring(pictures, taskId, (words) => send('stored', taskId, ...words));
      return {
        isAwaited: () => own.isAwaited() || run.waiting.size > 0,
        give(image) {
          own.give(image);
          if (run.waiting.size > 0) elsewhere.give(image);
        },
        end() {
          if (runs.get(taskId) === run) runs.delete(taskId);
          elsewhere.end();
        },
      };
    },
    follow(taskId, onImage) {
      const stop = local.follow(taskId, onImage);
      tellWaits(taskId);
      return () => {
        stop();
        if (!local.isFollowed(taskId)) send('left', taskId);
      };
    },
  };
}

/** Stores partial images of a run, one after another, and tells of each. */
function createStoring(
  pictures: SharedParts['pictures'],
  taskId: string,
  tell: (words: (string | number)[]) => void,
): Pick<PartialImagesOfRun, 'give' | 'end'> {
  const keys: string[] = [];
  let isOver = false;
  let storing = Promise.resolve();

  async function put({ attempt, index, bytes, content_type, width, height }: PartialImage): Promise<void> {
    if (isOver || keys.length >= maxStored) return;
    const key = keyOf(taskId, randomUUID());
    keys.push(key);
    await pictures.put(key, bytes);
    if (!isOver)
      tell([key.slice(key.lastIndexOf('/') + 1), attempt, index, width, height, bytes.length, content_type]);
  }

  async function deleteAll(): Promise<void> {
    for (const key of keys) await pictures.delete(key).catch(() => {});
  }

  return {
    give(image) {
      storing = storing.then(() => put(image)).catch(() => {});
    },
    end() {
      isOver = true;
      storing = storing.then(deleteAll);
    },
  };
}

/** Such as `partial-images/3c/1f0a…`: the folder is by the end of the task's id, and `name` a UUID. */
function keyOf(taskId: string, name: string): string {
  return `${partialImagesFolder}/${taskId.slice(-2)}/${name}`;
}

const isId = (text: string | undefined): text is string =>
  text !== undefined && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** Reads a message of another server; `undefined` for one of this server's own, and for what is none. */
function readMessage(text: string, self: string): Message | undefined {
  const [from = '', word, taskId, ...rest] = text.split(' ', 10);
  const kind = kinds.find((each) => each === word);
  return from === self || kind === undefined || !isId(taskId) ? undefined : { from, kind, taskId, rest };
}

function readStored(
  taskId: string,
  [name, ...words]: string[],
  pictures: SharedParts['pictures'],
): FollowedPartialImage | undefined {
  const content_type = words[5] ?? '';
  const [attempt = NaN, index = NaN, width = NaN, height = NaN, size = NaN] = words.slice(0, 5).map(Number);
  const isWhole = [attempt, index, width, height, size].every(
    (each) => Number.isSafeInteger(each) && each >= 0,
  );
  if (!isWhole || !isId(name) || !/^image\/[a-z]{1,10}$/.test(content_type)) return undefined;
  const read = () => buffer(pictures.read(keyOf(taskId, name)));
  return { attempt, index, width, height, size, content_type, read };
}

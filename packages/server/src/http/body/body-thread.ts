// Thread that parses large bodies.

import { Buffer } from 'node:buffer';
import { type Fault, RequestError, type RequestErrorType } from '../../core/errors.ts';
import { serveTasks, type ThreadResult } from '../../lib/threads/thread-tasks.ts';
import type { Body } from './body-fields.ts';
import { parseBody, type ParseOptions } from './parse-body.ts';

/** Body in pieces, whose memory is transferred to the thread. */
export interface BodyTask {
  blocks: Uint8Array[];
  options: ParseOptions;
}

export type BodyOutcome =
  { body: Body } | { refused: { type: RequestErrorType; message: string; details: Fault[] | undefined } };

serveTasks(({ blocks, options }: BodyTask): ThreadResult => {
  try {
    // The blocks are let go before the body is parsed.
    const body = parseBody(Buffer.concat(blocks.splice(0)), options);
    return { result: { body } satisfies BodyOutcome, transfer: takeMemory(body) };
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { type, message, details } = error;
    return { result: { refused: { type, message, details } } satisfies BodyOutcome };
  }
});

/** Lists the memory of all pictures in a body, to be transferred. Pictures that share memory with others are copied first. */
function takeMemory(body: Body): ArrayBufferLike[] {
  const memory = new Set<ArrayBufferLike>();
  /** Copies by the original picture, so that a picture that is in the body several times is copied once. */
  const moved = new Map<Uint8Array, Uint8Array>();
  for (const file of body.files) {
    file.bytes = owned(file.bytes);
    memory.add(file.bytes.buffer);
  }
  (function look(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value))
      if (each instanceof Uint8Array) {
        const bytes = moved.get(each) ?? owned(each);
        moved.set(each, bytes);
        memory.add(bytes.buffer);
        (value as Record<string, unknown>)[name] = bytes;
      } else look(each);
  })(body.fields);
  return [...memory];
}

function owned(bytes: Uint8Array): Uint8Array {
  return bytes.length < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes;
}

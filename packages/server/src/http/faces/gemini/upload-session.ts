// Sessions of uploads in pieces. All of a session stands in the address that its pieces are sent to, which is signed, so that any server of the
// store takes them, and none has to remember anything. Pieces lie in the picture store until the last one comes; what is never finished goes
// with the inputs that no task needs.

import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';

export interface UploadSession {
  /** UUID. */
  id: string;
  keyId: string;
  /** Size of the whole in bytes. */
  size: number;
}

/** Pieces, but for the last one, are multiples of this, as at Google. Bytes. */
export const pieceGranularity = 2 ** 18;

export function writeSession({ id, keyId, size }: UploadSession): string {
  return Buffer.from(JSON.stringify([id, keyId, size])).toString('base64url');
}

/** Reads what `writeSession` wrote: the address was signed. */
export function readSession(text: string): UploadSession {
  const [id, keyId, size] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [string, string, number];
  return { id, keyId, size };
}

const pieceKey = ({ id }: UploadSession, offset: number) => `inputs/uploads/${id}/${offset}`;

export type PieceStore = Pick<PictureStore, 'put' | 'size' | 'read' | 'delete'>;

/** Gives the sizes of the pieces that are there, in their order. */
async function sizesOf(pictures: PieceStore, session: UploadSession): Promise<number[]> {
  const sizes: number[] = [];
  for (let offset = 0; offset < session.size; offset += sizes.at(-1) ?? 0) {
    const size = await pictures.size(pieceKey(session, offset));
    if (size === null || size === 0) break;
    sizes.push(size);
  }
  return sizes;
}

/** Number of bytes that have been received, counted from the first. */
export async function receivedBytes(pictures: PieceStore, session: UploadSession): Promise<number> {
  return (await sizesOf(pictures, session)).reduce((sum, size) => sum + size, 0);
}

export async function storePiece(
  pictures: PieceStore,
  session: UploadSession,
  { offset, bytes }: { offset: number; bytes: Uint8Array },
): Promise<void> {
  await pictures.put(pieceKey(session, offset), bytes);
}

/** Joins the stored pieces and the last one. */
export async function joinPieces(
  pictures: PieceStore,
  session: UploadSession,
  last: Uint8Array,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const size of await sizesOf(pictures, session)) {
    pieces.push(await buffer(pictures.read(pieceKey(session, offset))));
    offset += size;
  }
  return pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
}

export async function deletePieces(pictures: PieceStore, session: UploadSession): Promise<void> {
  let offset = 0;
  for (const size of await sizesOf(pictures, session)) {
    await pictures.delete(pieceKey(session, offset));
    offset += size;
  }
}

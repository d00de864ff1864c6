// Sessions of uploads in pieces. All of a session stands in the address that its pieces are sent to, which is signed, so that any server of the
// store takes them, and none has to remember anything. Pieces lie in the picture store until the last one comes. Each has a record as a file of a
// purpose of its own, so that it counts as stored; what is never finished expires, and goes with its record.

import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { type FileStore, uploadsFolder } from '../../../core/pictures/file-store.ts';
import type { PictureStore } from '../../../core/pictures/picture-store.ts';

export interface UploadSession {
  /** UUID. */
  id: string;
  keyId: string;
  /** Size of the whole in bytes. */
  size: number;
  /** True for the requests of a batch, false for a picture. */
  isRequests: boolean;
}

/** Pieces, but for the last one, are multiples of this, as at Google. Bytes. */
export const pieceGranularity = 2 ** 18;

export function writeSession({ id, keyId, size, isRequests }: UploadSession): string {
  return Buffer.from(JSON.stringify([id, keyId, size, isRequests])).toString('base64url');
}

/** Reads what `writeSession` wrote: the address was signed. */
export function readSession(text: string): UploadSession {
  const [id, keyId, size, isRequests] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [
    string,
    string,
    number,
    boolean,
  ];
  return { id, keyId, size, isRequests };
}

const pieceKey = ({ id }: UploadSession, offset: number) => `${uploadsFolder}/pieces/${id}/${offset}`;

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

export interface PieceParts {
  pictures: PieceStore;
  store: Pick<FileStore, 'insertFile' | 'findFile' | 'deleteFile'>;
}

/** Purpose of the records of pieces. */
const piecePurpose = 'piece';
const recordId = ({ id }: UploadSession, offset: number) => `${id}/${offset}`;

/**
 * Stores a piece, which counts until `expiresAt`. Times in Unix milliseconds. Resolves with the bytes that count anew: none for a repeat of a
 * piece; `null`, with nothing stored, where a piece of another size came first.
 */
export async function storePiece(
  { pictures, store }: PieceParts,
  session: UploadSession,
  { offset, bytes, ...times }: { offset: number; bytes: Uint8Array; createdAt: number; expiresAt: number },
): Promise<number | null> {
  const record = {
    id: recordId(session, offset),
    keyId: session.keyId,
    key: pieceKey(session, offset),
    fileName: 'piece',
    content_type: 'application/octet-stream',
    width: 0,
    height: 0,
    bytes: bytes.length,
    sha256: '',
    ...times,
  };
  // First the record, so that nothing lies there uncounted.
  if (!(await store.insertFile(record, piecePurpose))) {
    const there = await store.findFile(record.id, times.createdAt, piecePurpose);
    if (there?.bytes !== bytes.length) return null;
    if ((await pictures.size(record.key)) !== null) return 0;
    // A server died before the bytes were there, or the first call still stores them. Where it can't, it deletes its record.
    await pictures.put(record.key, bytes);
    return (await store.insertFile(record, piecePurpose)) ? bytes.length : 0;
  }
  try {
    await pictures.put(record.key, bytes);
  } catch (error) {
    await store.deleteFile(record.id, record.keyId);
    throw error;
  }
  return bytes.length;
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

/** Deletes the pieces with their records; gives the number of bytes that count no more. */
export async function deletePieces({ pictures, store }: PieceParts, session: UploadSession): Promise<number> {
  let [offset, deleted] = [0, 0];
  for (const size of await sizesOf(pictures, session)) {
    await pictures.delete(pieceKey(session, offset));
    // Another call may delete them too.
    if (await store.deleteFile(recordId(session, offset), session.keyId)) deleted += size;
    offset += size;
  }
  return deleted;
}

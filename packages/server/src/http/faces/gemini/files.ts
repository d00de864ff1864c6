// Files of Gemini's face: pictures that a key uploads once, and uses as fileData.fileUri as often as it likes.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { StoredBytes } from '../../../core/limits/stored-bytes.ts';
import type { FileStore, UploadedFile } from '../../../core/pictures/file-store.ts';
import { admitBytes, refusedWhenFull, type RoomParts } from '../../../core/submit/store-bytes.ts';
import type { Upload } from '../../../core/submit/upload.ts';
import type { Clock } from '../../../lib/clock.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { refuseWithout } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { untilGone } from '../../connections/client-gone.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Served } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import type { GeminiFile, GeminiFiles, GeminiUploaded } from './answers.ts';
import { geminiFileRoutes, sessionPath } from './file-routes.ts';
import { geminiRoot } from './gemini-routes.ts';
import { sendJson } from '../kit/send-json.ts';
import { pageOf } from './paging.ts';
import {
  deletePieces,
  joinPieces,
  pieceGranularity,
  type PieceStore,
  readSession,
  receivedBytes,
  storePiece,
  type UploadSession,
  writeSession,
} from './upload-session.ts';

export interface GeminiFilesParts extends RoomParts {
  serve: Serve;
  bodies: BodyReader;
  upload: Upload;
  store: Pick<FileStore, 'findFile' | 'listFiles' | 'insertFile' | 'deleteFile'>;
  storedBytes: Pick<StoredBytes, 'check' | 'add'>;
  pictures: PieceStore;
  /** Gives the caller of a key by its id; `null` where the key may not be used any more. */
  callerOf: (keyId: string) => Promise<Caller | null>;
  /** Link to `path` that works until then, Unix seconds. */
  linkTo: (path: string, expiresAt: number) => string;
  publicUrl: () => string;
  limits: { maxPictureBytes: number; lifetimeSeconds: number };
  clock: Clock;
}

const sessionSeconds = 3_600;
/** As many as a list has. */
const maxListed = 1_000;

export function geminiFilesFace(parts: GeminiFilesParts): Face {
  const { serve, store, publicUrl, clock } = parts;
  const shown = (file: UploadedFile) => fileOf(file, publicUrl());
  async function own({ caller, params }: { caller: Caller; params: { id: string } }): Promise<UploadedFile> {
    const file = await store.findFile(params.id, clock.now());
    if (file?.keyId !== caller.keyId)
      throw new RequestError('not_found', 'This key has no file of this name, or it has expired.');
    return file;
  }
  return serve(geminiFileRoutes, {
    geminiBeginUpload: (call) => beginUpload(parts, call),
    geminiUpload: (call) => takePiece(parts, call),
    async geminiFiles({ caller: { keyId }, query, reply }) {
      const files = await store.listFiles({ keyId, now: clock.now(), limit: maxListed });
      const { items, ...next } = pageOf(files, query);
      return sendJson(reply, { files: items.map(shown), ...next } satisfies GeminiFiles);
    },
    geminiFile: async (call) => sendJson(call.reply, shown(await own(call))),
    async geminiDeleteFile(call) {
      const { id, keyId } = await own(call);
      await store.deleteFile(id, keyId);
      return sendJson(call.reply, {});
    },
  });
}

const headerOf = ({ headers }: FastifyRequest, name: string) => String(headers[name] ?? '').trim();
/** Words of the command, such as `upload, finalize`. */
const commandsOf = (request: FastifyRequest) =>
  headerOf(request, 'x-goog-upload-command')
    .toLowerCase()
    .split(/[\s,]+/, 8);

async function beginUpload(
  parts: GeminiFilesParts,
  { caller, params, request, reply }: Served & { caller: Caller; params: { version: string } },
): Promise<FastifyReply> {
  const { keyId } = caller;
  const { maxPictureBytes } = parts.limits;
  if (!commandsOf(request).includes('start')) {
    const limit = maxPictureBytes;
    const file = await parts.bodies.use(request.raw, { keyId, limit, asBytes: true }, ({ files }) =>
      keep(parts, { caller, bytes: files[0]?.bytes ?? new Uint8Array() }, reply),
    );
    return sendUploaded(reply, file);
  }
  const size = numberIn(request, 'x-goog-upload-header-content-length');
  if (size > maxPictureBytes)
    throw new RequestError('too_large', `Pictures of more than ${maxPictureBytes} bytes are not taken.`);
  await admitBytes(parts, caller);
  // The file has the id of its session, so that a repeat of the last piece finds it.
  const session = writeSession({ id: newTaskId(parts.clock.now()), keyId, size });
  const url = parts.linkTo(
    sessionPath(session, params.version),
    unixSeconds(parts.clock.now()) + sessionSeconds,
  );
  reply
    .header('X-Goog-Upload-URL', url)
    .header('X-Goog-Upload-Status', 'active')
    .header('X-Goog-Upload-Chunk-Granularity', String(pieceGranularity));
  return sendJson(reply, {});
}

async function takePiece(
  parts: GeminiFilesParts,
  {
    params,
    request,
    reply,
    count,
  }: Served & {
    params: { session: string };
    count: (caller: Caller, calls: number) => void;
  },
): Promise<FastifyReply> {
  const session = readSession(params.session);
  const caller = await parts.callerOf(session.keyId);
  if (caller === null)
    throw new RequestError('forbidden', 'The key that began this upload may not be used any more.');
  refuseWithout('files', caller);
  count(caller, 1);
  const commands = commandsOf(request);
  if (commands.includes('cancel')) {
    await forgetPieces(parts, caller, session);
    return sendStatus(reply, 'cancelled');
  }
  const isLast = commands.includes('finalize');
  const file = isLast ? await parts.store.findFile(session.id, parts.clock.now()) : null;
  if (file?.keyId === caller.keyId) return sendUploaded(reply, fileOf(file, parts.publicUrl()));
  const received = await receivedBytes(parts.pictures, session);
  if (commands.includes('query'))
    return sendStatus(reply.header('X-Goog-Upload-Size-Received', String(received)), 'active');
  if (!isLast && !commands.includes('upload'))
    throw invalid([{ path: 'X-Goog-Upload-Command', message: 'must be upload, finalize, query or cancel' }]);
  // An upload without a body ends what came before.
  const offset = commands.includes('upload') ? numberIn(request, 'x-goog-upload-offset') : received;
  if (offset !== received)
    throw invalid([{ path: 'X-Goog-Upload-Offset', message: `must be ${received}: so many bytes are here` }]);
  await admitBytes(parts, caller);
  const options = { keyId: caller.keyId, limit: Math.max(1, session.size - offset), asBytes: true };
  return await parts.bodies.use(request.raw, options, async ({ files }) => {
    const bytes = files[0]?.bytes ?? new Uint8Array();
    if (!isLast) {
      await keepPiece(parts, { caller, session }, { offset, bytes });
      return sendStatus(reply, 'active');
    }
    if (offset + bytes.length !== session.size)
      throw invalid([
        {
          path: 'X-Goog-Upload-Command',
          message: `must not finalize ${offset + bytes.length} of ${session.size} bytes`,
        },
      ]);
    return sendUploaded(reply, await keepWhole(parts, { caller, session, last: bytes }, reply));
  });
}

/** Joins the pieces and keeps the picture. They are in memory twice meanwhile, each and as one. */
async function keepWhole(
  parts: GeminiFilesParts,
  { caller, session, last }: { caller: Caller; session: UploadSession; last: Uint8Array },
  reply: FastifyReply,
): Promise<GeminiFile> {
  const { pictures, bodies } = parts;
  const file = await bodies.hold(caller.keyId, 2 * (session.size - last.length), async () => {
    const bytes = await joinPieces(pictures, session, last);
    return await keep(parts, { caller, bytes, id: session.id }, reply);
  });
  await forgetPieces(parts, caller, session);
  return file;
}

async function forgetPieces(parts: GeminiFilesParts, caller: Caller, session: UploadSession): Promise<void> {
  parts.storedBytes.add(caller, -(await deletePieces(parts, session)));
}

async function keepPiece(
  parts: GeminiFilesParts,
  { caller, session }: { caller: Caller; session: UploadSession },
  piece: { offset: number; bytes: Uint8Array },
): Promise<void> {
  const { length } = piece.bytes;
  if (length === 0 || length % pieceGranularity !== 0)
    throw invalid([
      {
        path: 'X-Goog-Upload-Command',
        message: `must be upload, finalize, unless the bytes are a multiple of ${pieceGranularity}`,
      },
    ]);
  // Others may have been stored while this one was read.
  await admitBytes(parts, caller);
  const createdAt = parts.clock.now();
  try {
    await storePiece(parts, session, { ...piece, createdAt, expiresAt: createdAt + sessionSeconds * 1000 });
  } catch (error) {
    throw refusedWhenFull(error);
  }
  parts.storedBytes.add(caller, length);
}

async function keep(
  { upload, limits: { lifetimeSeconds }, publicUrl }: GeminiFilesParts,
  { caller, bytes, id }: { caller: Caller; bytes: Uint8Array; id?: string },
  reply: FastifyReply,
): Promise<GeminiFile> {
  const source = { path: 'file', bytes };
  const named = id === undefined ? {} : { named: { id } };
  return fileOf(await upload({ caller, source, lifetimeSeconds, ...named }, untilGone(reply)), publicUrl());
}

/** Throws `RequestError` (`invalid_request`). */
function numberIn(request: FastifyRequest, name: string): number {
  const text = headerOf(request, name);
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw invalid([{ path: name, message: 'must be a number of bytes' }]);
}

function sendStatus(reply: FastifyReply, status: 'active' | 'cancelled'): FastifyReply {
  return sendJson(reply.header('X-Goog-Upload-Status', status), {});
}

function sendUploaded(reply: FastifyReply, file: GeminiFile): FastifyReply {
  return sendJson(reply.header('X-Goog-Upload-Status', 'final'), { file } satisfies GeminiUploaded);
}

function fileOf(file: UploadedFile, publicUrl: string): GeminiFile {
  const name = `files/${file.id}`;
  const createTime = new Date(file.createdAt).toISOString();
  return {
    name,
    mimeType: file.content_type,
    sizeBytes: String(file.bytes),
    createTime,
    updateTime: createTime,
    expirationTime: new Date(file.expiresAt).toISOString(),
    sha256Hash: Buffer.from(file.sha256, 'hex').toString('base64'),
    uri: `${publicUrl}${geminiRoot}/v1beta/${name}`,
    state: 'ACTIVE',
    source: 'UPLOADED',
  };
}

// Uploads of Gemini's clients: of a picture, or of the requests of a batch, whose type is one of JSON.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { StoredBytes } from '../../../core/limits/stored-bytes.ts';
import type { FileStore } from '../../../core/pictures/file-store.ts';
import { admitBytes, refusedWhenFull, type RoomParts } from '../../../core/submit/store-bytes.ts';
import type { Upload } from '../../../core/submit/upload.ts';
import type { UploadDocument } from '../../../core/submit/upload-document.ts';
import type { Clock } from '../../../lib/clock.ts';
import { newTaskId } from '../../../lib/ids.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import { refuseWithout } from '../../access/access.ts';
import type { BodyReader } from '../../body/read-body.ts';
import { untilGone } from '../../connections/client-gone.ts';
import { invalid } from '../../refusals/invalid.ts';
import type { Served } from '../../route/route.ts';
import { jsonLinesType } from '../kit/batch-files.ts';
import { sendJson } from '../kit/send-json.ts';
import type { GeminiFile, GeminiUploaded } from './answers.ts';
import { sessionPath } from './file-routes.ts';
import { fileOf, findFile, requestsPurpose } from './file-view.ts';
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

export interface UploadParts extends RoomParts {
  bodies: BodyReader;
  upload: Upload;
  uploadDocument: UploadDocument;
  store: Pick<FileStore, 'findFile' | 'insertFile' | 'deleteFile'>;
  storedBytes: Pick<StoredBytes, 'check' | 'add'>;
  pictures: PieceStore;
  /** Gives the caller of a key by its id; `null` where the key may not be used any more. */
  callerOf: (keyId: string) => Promise<Caller | null>;
  /** Link to `path` that works until then, Unix seconds. */
  linkTo: (path: string, expiresAt: number) => string;
  publicUrl: () => string;
  /** Of the requests of a batch `maxRequestsBytes`. */
  limits: { maxPictureBytes: number; maxRequestsBytes: number; lifetimeSeconds: number };
  clock: Clock;
}

const sessionSeconds = 3_600;

type BeginCall = Served & { caller: Caller; params: { version: string } };
type PieceCall = Served & {
  params: { session: string };
  count: (caller: Caller, calls: number) => void;
};

/** Handlers of the calls for uploads. */
export function uploadCalls(parts: UploadParts) {
  return {
    geminiBeginUpload: (call: BeginCall) => beginUpload(parts, call),
    geminiUpload: (call: PieceCall) => takePiece(parts, call),
  };
}

const headerOf = ({ headers }: FastifyRequest, name: string) => String(headers[name] ?? '').trim();
/** Words of the command, such as `upload, finalize`. */
const commandsOf = (request: FastifyRequest) =>
  headerOf(request, 'x-goog-upload-command')
    .toLowerCase()
    .split(/[\s,]+/, 8);

async function beginUpload(
  parts: UploadParts,
  { caller, params, request, reply }: BeginCall,
): Promise<FastifyReply> {
  const { keyId } = caller;
  const isWhole = !commandsOf(request).includes('start');
  const isRequests = /json/i.test(
    headerOf(request, isWhole ? 'content-type' : 'x-goog-upload-header-content-type'),
  );
  const limit = isRequests ? parts.limits.maxRequestsBytes : parts.limits.maxPictureBytes;
  if (isWhole) {
    const file = await parts.bodies.use(request.raw, { keyId, limit, asBytes: true }, ({ files }) =>
      keep(parts, { caller, bytes: files[0]?.bytes ?? new Uint8Array(), isRequests }, reply),
    );
    return sendUploaded(reply, file);
  }
  const size = numberIn(request, 'x-goog-upload-header-content-length');
  if (size > limit)
    throw new RequestError(
      'too_large',
      `${isRequests ? 'Requests' : 'Pictures'} of more than ${limit} bytes are not taken.`,
    );
  await admitBytes(parts, caller);
  // The file has the id of its session, so that a repeat of the last piece finds it.
  const session = writeSession({ id: newTaskId(parts.clock.now()), keyId, size, isRequests });
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
  parts: UploadParts,
  { params, request, reply, count }: PieceCall,
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
  const file = isLast ? await findFile(parts.store, session.id, parts.clock.now()) : null;
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

/** Joins the pieces and keeps the file. They are in memory twice meanwhile, each and as one. */
async function keepWhole(
  parts: UploadParts,
  { caller, session, last }: { caller: Caller; session: UploadSession; last: Uint8Array },
  reply: FastifyReply,
): Promise<GeminiFile> {
  const { pictures, bodies } = parts;
  const file = await bodies.hold(caller.keyId, 2 * (session.size - last.length), async () => {
    const bytes = await joinPieces(pictures, session, last);
    return await keep(parts, { caller, bytes, id: session.id, isRequests: session.isRequests }, reply);
  });
  await forgetPieces(parts, caller, session);
  return file;
}

async function forgetPieces(parts: UploadParts, caller: Caller, session: UploadSession): Promise<void> {
  parts.storedBytes.add(caller, -(await deletePieces(parts, session)));
}

async function keepPiece(
  parts: UploadParts,
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
  const expiresAt = createdAt + sessionSeconds * 1000;
  let added: number | null;
  try {
    added = await storePiece(parts, session, { ...piece, createdAt, expiresAt });
  } catch (error) {
    throw refusedWhenFull(error);
  }
  if (added === null)
    throw invalid([
      {
        path: 'X-Goog-Upload-Offset',
        message: `must not be ${piece.offset}: another piece came here first. Ask for what is here by query`,
      },
    ]);
  parts.storedBytes.add(caller, added);
}

async function keep(
  { upload, uploadDocument, limits: { lifetimeSeconds }, publicUrl }: UploadParts,
  { caller, bytes, id, isRequests }: { caller: Caller; bytes: Uint8Array; id?: string; isRequests: boolean },
  reply: FastifyReply,
): Promise<GeminiFile> {
  if (isRequests) {
    const document = { bytes, fileName: 'requests.jsonl', contentType: jsonLinesType, lifetimeSeconds };
    const named = id === undefined ? {} : { id };
    return fileOf(
      await uploadDocument(caller, { ...document, ...named, purpose: requestsPurpose }),
      publicUrl(),
    );
  }
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

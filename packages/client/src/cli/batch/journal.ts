// Journal of a batch in the folder of its pictures: records are only appended, each synced to the disk before the next step. A run that
// is killed at any moment resumes from them without making a task or fetching a picture twice.

import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../exit-codes.ts';

/** Lines of one call to the server, with the idempotency key of that call. */
export interface Chunk {
  key: string;
  /** `BatchLine.key`s. */
  lines: string[];
}

type JournalRecord =
  | { plantain_batch: 1; run: string }
  /** Written before the call, whose outcome is unknown until one of the next two follows. */
  | { submitting: Chunk }
  | { submitted: string; batch_id: string; task_ids: string[] }
  /** Written where the server made no task of this chunk. */
  | { refused: string }
  | { uploaded: string; url: string; expires_at: string }
  /** Written after the pictures were fetched and before they are renamed. */
  | { done: string; task_id: string; files: JournalFile[] }
  | { failed: string; task_id: string; type: string; message: string };

export interface JournalFile {
  /** Path in the journal's folder, as is `name`. */
  temporary: string;
  name: string;
}

export interface LineState {
  taskId: string;
  batchId: string;
  outcome?: { files: JournalFile[] } | { type: string; message: string };
}

export interface Journal {
  /** Random id of the journal. */
  readonly run: string;
  readonly lines: ReadonlyMap<string, LineState>;
  /** Chunk with an unknown outcome. */
  readonly open: Chunk | null;
  /** Links of uploaded files by the hashes of their bytes. */
  readonly uploads: ReadonlyMap<string, { url: string; expiresAt: number }>;
  /** Appends a record; resolves when it is on the disk. */
  add(record: JournalRecord): Promise<void>;
  close(): Promise<void>;
}

const journalName = '.plantain-batch.jsonl';

/** Opens the journal of a folder, or starts one. Throws `CliError` for a file that is no journal. */
export async function openJournal(folder: string, newRun: () => string): Promise<Journal> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, journalName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const state = createState();
  // A record that a kill cut off has no line end, and was never relied on.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  for (const [index, line] of whole.split('\n').slice(0, -1).entries()) {
    try {
      state.take(JSON.parse(line) as JournalRecord);
    } catch (error) {
      throw new CliError('file', `${path} is damaged at line ${index + 1}. Use another folder.`, {
        cause: error,
      });
    }
  }
  const file = await open(path, 'a');
  try {
    if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole));
    if (state.journal.run === '') await write(file, state, { plantain_batch: 1, run: newRun() });
  } catch (error) {
    await file.close();
    throw error;
  }
  // One after the other, lest two records are mixed.
  let last = Promise.resolve();
  return Object.assign(state.journal, {
    add(record: JournalRecord) {
      const written = last.then(() => write(file, state, record));
      last = written.catch(() => {});
      return written;
    },
    close: () => last.then(() => file.close()),
  });
}

async function write(
  file: FileHandle,
  state: ReturnType<typeof createState>,
  record: JournalRecord,
): Promise<void> {
  await file.appendFile(`${JSON.stringify(record)}\n`);
  await file.datasync();
  state.take(record);
}

function createState() {
  const lines = new Map<string, LineState>();
  const uploads = new Map<string, { url: string; expiresAt: number }>();
  const journal = { run: '', lines, uploads, open: null as Chunk | null };
  function take(record: JournalRecord): void {
    if ('run' in record) journal.run = record.run;
    else if ('submitting' in record) journal.open = record.submitting;
    else if ('submitted' in record) {
      for (const [index, line] of (journal.open?.lines ?? []).entries()) {
        const taskId = record.task_ids[index];
        if (taskId !== undefined) lines.set(line, { taskId, batchId: record.batch_id });
      }
      journal.open = null;
    } else if ('refused' in record) journal.open = null;
    else if ('uploaded' in record)
      uploads.set(record.uploaded, { url: record.url, expiresAt: Number(record.expires_at) * 1000 });
    else if ('done' in record) setOutcome(record.done, { files: record.files });
    else setOutcome(record.failed, { type: record.type, message: record.message });
  }
  function setOutcome(line: string, outcome: NonNullable<LineState['outcome']>): void {
    const state = lines.get(line);
    if (state !== undefined) state.outcome = outcome;
  }
  return { journal, take };
}

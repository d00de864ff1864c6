// `plantain batch`: makes a folder of pictures from a file of prompts, and can be stopped and resumed at any moment.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BatchInput, PlantainClient } from '../../index.ts';
import { type Journal, openJournal } from '../batch/journal.ts';
import { type BatchLine, readBatchLines } from '../batch/lines.ts';
import { progressText } from '../batch/progress.ts';
import type { BatchEnd, Failure } from '../batch/batch-parts.ts';
import { chunkLines, runBatch } from '../batch/run-batch.ts';
import { type Context, defineCommand } from '../command.ts';
import { dryRun, dryRunOption } from '../dry-run.ts';
import { codeOf, explain, UsageError } from '../exit-codes.ts';
import { readAll } from '../input-files.ts';
import { askOnInterrupt } from '../interrupts.ts';
import { shellWords } from '../shell-words.ts';
import { submitMembers, submitOptions } from '../submit-options.ts';
import { plain, type Terminal } from '../terminal.ts';

const maxFileBytes = 64 * 2 ** 20;
const printProgressMs = 10_000;

export const batch = defineCommand({
  name: 'batch',
  summary: 'make a picture for each line of a file',
  usage: [
    'batch FILE -o FOLDER [options]',
    'batch FILE -o FOLDER/{n}.png [options]',
    'batch FILE --dry-run [options]',
  ],
  details: `Each line of FILE is a prompt, or a JSON object with "prompt" and any member of a submit, such as
"aspect_ratio", "model", or "image_urls" with links and names of files. "-" reads them from stdin.
Pictures are named by their line: {n} is its number.

Run the same command again to go on after anything that stopped it: what was submitted is not
submitted again, what was fetched is not fetched again, and lines that are new in FILE are done.
What was done stands in FOLDER/.plantain-batch.jsonl.

--dry-run prints what all lines of FILE cost, whatever was done before, and needs no FOLDER.`,
  options: {
    output: { type: 'string', short: 'o', value: 'FOLDER', isPath: true, about: 'where the pictures go' },
    'retry-failed': { type: 'boolean', about: 'submit lines again whose tasks failed in an earlier run' },
    ...submitOptions,
    ...dryRunOption,
    json: { type: 'boolean', about: 'print a line of JSON for each line that has ended' },
  },
  async run({ values, positionals }, context) {
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0)
      throw new UsageError('batch takes one file of prompts.', 'batch');
    const isDry = values['dry-run'] === true;
    if (!isDry && (values.output === undefined || values.output === ''))
      throw new UsageError('batch needs --output: the folder for the pictures.', 'batch');
    const { output = '' } = values;
    const template = output.includes('{n}') ? output : join(output, '{n}');
    if (/\{\w+\}/.test(dirname(template)))
      throw new UsageError('Only the file’s name may have {n}.', 'batch');
    const text =
      path === '-'
        ? await readAll(context.terminal.stdin, maxFileBytes, context.signal)
        : await readFile(path, 'utf8');
    const lines = await readBatchLines(text, {
      path: path === '-' ? './stdin' : path,
      defaults: submitMembers(values),
    });
    if (isDry) return await dryRun(context, chunksOf(lines), values);
    const options = { json: values.json ?? false, retryFailed: values['retry-failed'] ?? false };
    return await makeAll(context, { template, lines, output, ...options });
  },
});

/** Tasks of all lines, in chunks as they would be submitted. Bytes of files are not read: one stands for each. */
function chunksOf(lines: readonly BatchLine[]): BatchInput['tasks'][] {
  const chunks: BatchInput['tasks'][] = [];
  for (let at = 0; at < lines.length; at += chunkLines)
    chunks.push(lines.slice(at, at + chunkLines).map(taskOf));
  return chunks;
}

function taskOf({ body, pictures }: BatchLine): BatchInput['tasks'][number] {
  if (pictures.length === 0) return body;
  const sources = pictures.map((picture) => ('link' in picture ? picture.link : new Uint8Array()));
  return { ...body, image_urls: sources };
}

interface Asked {
  output: string;
  template: string;
  lines: readonly BatchLine[];
  json: boolean;
  retryFailed: boolean;
}

async function makeAll(context: Context, asked: Asked): Promise<number> {
  const { terminal } = context;
  const { lines, template, json } = asked;
  const { client } = await context.connect();
  const journal = await openJournal(dirname(template), randomUUID);
  const { failures, done: earlier } = countEarlier(asked, journal);
  const startedAt = performance.now();
  let done = earlier;
  let endedNow = 0;
  const progress = () => {
    const seconds = (performance.now() - startedAt) / 1000;
    return progressText({ total: lines.length, done, failed: failures.size, endedNow, seconds });
  };
  if (earlier > 0) terminal.message(`${earlier} of ${lines.length} were done before.`);
  const stopShowing = showRegularly(terminal, progress);
  const comeBack = `To go on: plantain ${shellWords(context.typed)}`;
  const closing = { value: false };
  const { signal, end: stopAsking } = askOnInterrupt(context, {
    hint: comeBack,
    what: 'the tasks',
    leaving: 'Stopped.',
    async cancel() {
      closing.value = true;
      await cancelOpen(client, journal);
    },
  });
  try {
    await runBatch({
      client,
      journal,
      lines,
      template,
      retryFailed: asked.retryFailed,
      closing,
      signal,
      events: {
        moved: () => terminal.status(progress()),
        message: (sentence) => terminal.message(plain(sentence)),
        ended(line, end) {
          endedNow += 1;
          if ('failure' in end) failures.set(line, end.failure);
          else done += 1;
          print(terminal, json, line, end);
        },
      },
    });
  } catch (error) {
    terminal.status('');
    if (explain(error).outcome !== 'interrupted') terminal.message(comeBack);
    throw error;
  } finally {
    stopShowing();
    await stopAsking();
    terminal.status('');
    await journal.close();
  }
  const again = `To try those again: plantain ${shellWords(withRetries(context.typed))}`;
  return summarize(terminal, { asked, done, failures, again, closed: closing.value });
}

async function cancelOpen(client: PlantainClient, journal: Journal): Promise<void> {
  const open = [...journal.lines.values()].flatMap((line) => (line.outcome ? [] : [line.batchId]));
  for (const id of new Set(open)) await client.batch.cancel(id);
}

/** Draws the progress each second, or prints it now and then where no person looks; returns the function that ends that. */
function showRegularly(terminal: Terminal, progress: () => string): () => void {
  terminal.status(progress());
  const timer = terminal.showsMessages
    ? setInterval(() => terminal.status(progress()), 1_000)
    : setInterval(() => terminal.message(progress()), printProgressMs);
  return () => clearInterval(timer);
}

/** Failures and the number of finished lines that earlier runs have left. */
function countEarlier({ lines, retryFailed }: Asked, { lines: states }: Journal) {
  const failures = new Map<BatchLine, Failure>();
  let done = 0;
  for (const line of lines) {
    const outcome = states.get(line.key)?.outcome;
    if (outcome !== undefined && 'files' in outcome) done += 1;
    else if (outcome !== undefined && !retryFailed) failures.set(line, outcome);
  }
  return { failures, done };
}

function print(terminal: Terminal, json: boolean, { number }: BatchLine, end: BatchEnd): void {
  const isDone = 'files' in end;
  const told = isDone ? { files: end.files } : { error: end.failure };
  if (json) terminal.json({ line: number, task_id: end.task?.task_id ?? null, ...told });
  else if (isDone) for (const file of end.files) terminal.data(file);
}

/** Adds `--retry-failed` directly after the command's name, before any `--`. */
function withRetries([name = 'batch', ...rest]: readonly string[]): string[] {
  return [name, '--retry-failed', ...rest.filter((each) => each !== '--retry-failed')];
}

function summarize(
  terminal: Terminal,
  {
    asked: { lines, output },
    done,
    failures,
    again,
    closed,
  }: {
    asked: Asked;
    done: number;
    failures: ReadonlyMap<BatchLine, Failure>;
    again: string;
    closed: boolean;
  },
): number {
  terminal.message(`${done} of ${lines.length} lines are done: ${output}`);
  // Node 20 has no Map.groupBy.
  const groups = new Map<string, number[]>();
  for (const [{ number }, { type, message }] of failures) {
    const reason = `${type}: ${message}`;
    groups.set(reason, [...(groups.get(reason) ?? []), number]);
  }
  for (const [reason, numbers] of groups) {
    const some = numbers.slice(0, 10).join(', ') + (numbers.length > 10 ? ', …' : '');
    terminal.message(terminal.paint('red', `  ${numbers.length} failed, line ${some}: ${plain(reason)}`));
  }
  if (failures.size > 0) terminal.message(again);
  if (closed && done + failures.size < lines.length) return codeOf('interrupted');
  return codeOf(failures.size === 0 ? 'ok' : 'failed');
}

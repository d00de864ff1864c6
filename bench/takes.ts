// `npm run takes [-- postgres] [-- COUNT …]`: what a take of 1, 8 and 64 tasks costs with so many waiting, on SQLite or on PostgreSQL, and on
// SQLite what a submit costs. Half of them are one owner's, one is a quiet one's, and the others are those of 50 more.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newTaskId } from 'plantain-server/src/lib/ids.ts';
import { createAllReads } from 'plantain-server/src/store/sqlite/reads/all-reads.ts';
import { openForReading, openForWriting } from 'plantain-server/src/store/sqlite/database.ts';
import { prepareFile } from 'plantain-server/src/store/sqlite/database-file.ts';
import { createAllWrites } from 'plantain-server/src/store/sqlite/writes/all-writes.ts';
import { loadNow } from './machine.ts';
import { measurePostgresTakes } from './postgres/takes.ts';
import { median } from './processes.ts';
import { sayProgress } from './rows/progress.ts';

const words = process.argv.slice(2);
const given = words.filter((word) => word !== 'postgres').map(Number);
const counts = given.length > 0 ? given : [10, 1_000, 100_000, 1_000_000];
const batches = [1, 8, 64];
const rounds = 30;
const model = 'nano-banana';
const now = Date.now();

if (words.includes('postgres')) await measurePostgresTakes(counts, { batches, rounds });
else measureAll();

function measureAll(): void {
  console.log(`load ${loadNow()}; p50 of ${rounds}, ms, without the commit`);
  console.log(
    '| waiting | take of 1 | of 8 | of 64 | look at what waits | predicted order | submit of 64, a task |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const count of counts) measure(count);
}

function measure(count: number): void {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-takes-'));
  const file = prepareFile(directory);
  const database = openForWriting(file);
  const writes = createAllWrites(database, () => {});
  const made = (index: number) => newTask(index, count);
  const timed = (work: () => void): number => {
    database.exec('BEGIN IMMEDIATE');
    const beganAt = performance.now();
    work();
    const took = performance.now() - beganAt;
    database.exec('COMMIT');
    return took;
  };
  for (let index = 0; index < count; index += 10_000) {
    timed(() => {
      const tasks = Array.from({ length: Math.min(10_000, count - index) }, (_, at) => made(index + at));
      writes.insertTasks(tasks, null, null);
    });
    sayProgress(`${index} of ${count} tasks wait`);
  }
  const takes = batches.map((limit) => {
    const some = Array.from({ length: Math.min(rounds, Math.ceil(count / limit)) }, () =>
      timed(() => writes.takeDue({ needs: [{ model, inputs: 0, limit }], now, leaseMs: 60_000 })),
    );
    // As many come as were taken, so that the next batches find as many.
    timed(() =>
      writes.insertTasks(
        Array.from({ length: limit * some.length }, (_, at) => made(at)),
        null,
        null,
      ),
    );
    return median(some);
  });
  const reader = openForReading(file);
  const { reads } = createAllReads(reader);
  const work = looked(() => reads.pendingWork(now));
  const predicted = looked(() => reads.pendingQueue(model, 2_000));
  const submit = median(
    Array.from({ length: rounds }, () => {
      const tasks = Array.from({ length: 64 }, (_, at) => made(at));
      return timed(() => writes.insertTasks(tasks, null, null)) / 64;
    }),
  );
  const cells = [...takes, work, predicted, submit].map((ms) => ms.toFixed(3));
  console.log(`| ${[count.toLocaleString('en'), ...cells].join(' | ')} |`);
  reader.close();
  database.close();
  rmSync(directory, { recursive: true });
}

function looked(look: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const beganAt = performance.now();
    look();
    return performance.now() - beganAt;
  });
  return median(times);
}

function newTask(index: number, count: number) {
  return {
    id: newTaskId(),
    keyId: ownerOf(index, count),
    action: 'generate' as const,
    model,
    inputs: 0,
    request: '{"prompt":"a banana","inputs":[],"aspectRatio":"auto","imageSize":"1K"}',
    createdAt: now,
    deadlineAt: now + 86_400_000,
    expiresInMs: null,
    pictures: 1,
    callsBack: 0 as const,
  };
}

function ownerOf(index: number, count: number): string {
  if (index === 0) return 'key_quiet';
  return index < count / 2 ? 'key_flood' : `key_${index % 50}`;
}

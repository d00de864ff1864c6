// How many tasks a second come through servers, from the submit to the end, and what processor time they take.

import sharp from 'sharp';
import type { BenchClient } from './client.ts';
import { median } from './processes.ts';
import { whole } from './rows/row.ts';

export interface TaskRate {
  perSecond: number;
  /** Of the servers, all their threads. */
  processorMsPerTask: number;
  /** Of PostgreSQL; 0 where there is none. */
  postgresMsPerTask: number;
}

/** `server` and `postgres` are meters of processor time, ms so far. */
export async function measureRate(options: {
  clients: readonly BenchClient[];
  /** Tasks under way at once, of each client. */
  atOnce: number;
  seconds: number;
  server: () => number;
  postgres?: () => number;
}): Promise<TaskRate> {
  const { clients, atOnce, seconds, server, postgres = () => 0 } = options;
  const startedAt = performance.now();
  const before = { server: server(), postgres: postgres() };
  let tasks = 0;
  const submitOn = async (client: BenchClient) => {
    while (performance.now() < startedAt + seconds * 1_000) {
      await runOne(client);
      tasks += 1;
    }
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: atOnce }, () => submitOn(client))));
  return {
    perSecond: (tasks * 1_000) / (performance.now() - startedAt),
    processorMsPerTask: (server() - before.server) / tasks,
    postgresMsPerTask: (postgres() - before.postgres) / tasks,
  };
}

/** Resolves with the id of the task when it has succeeded. */
export async function runOne(client: BenchClient): Promise<string> {
  const id = await client.submit({ prompt: 'a banana on a skateboard, in the rain' });
  if ((await client.waitForEnd(id)) !== 'succeeded') throw new Error('A task of the bench failed.');
  return id;
}

export function describeRates(rates: readonly TaskRate[]): string {
  const of = (value: (rate: TaskRate) => number) => median(rates.map(value));
  const processorMsPerTask = of((rate) => rate.processorMsPerTask);
  const postgresMs = of((rate) => rate.postgresMsPerTask);
  const postgres = postgresMs === 0 ? '' : ` and ${postgresMs.toFixed(2)} ms of PostgreSQL’s`;
  const perSecond = of((rate) => rate.perSecond);
  return `${whole(1_000 / processorMsPerTask)}/s, ${processorMsPerTask.toFixed(2)} ms of processor time${postgres} each; ${whole(perSecond)}/s came through`;
}

/** 64 by 64 pixels, so that the server, not the decoder, is measured; of two colours, since a picture of one is decoded twice. */
export const smallPicture = (): Promise<Buffer> => {
  const side = 64;
  const pixels = Buffer.alloc(side * side * 3, '#f4d03f'.slice(1), 'hex').fill(0, 0, (side * side * 3) / 2);
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
};

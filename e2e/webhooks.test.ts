import { text } from 'node:stream/consumers';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { startServer, temporaryDirectory } from './server-process.ts';
import { ofTestSize } from './test-size.fixture.ts';

const key = 'k'.repeat(40);
const kills = ofTestSize(25, 3);
/** As many as are sent to one host at once. */
const tasksOfKill = 4;

/** Keeps those waiting whose task is held, and answers all others. */
async function startReceiver() {
  const arrivals: string[] = [];
  const refused: unknown[] = [];
  const answered = new Set<string>();
  const held: ServerResponse[] = [];
  let arrived = Promise.withResolvers<void>();
  let isHeld = (_taskId: string) => false;
  let secret = '';
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { data } = JSON.parse(body) as { data: { task_id: string; state: string } };
    const { task_id: taskId } = data;
    arrivals.push(taskId);
    try {
      // At once, as an old message is refused.
      new Webhook(secret).verify(body, request.headers as Record<string, string>);
      expect(data.state).toBe('succeeded');
    } catch (error) {
      refused.push(error);
    }
    if (isHeld(taskId)) held.push(response);
    else {
      answered.add(taskId);
      response.writeHead(204).end();
    }
    arrived.resolve();
    arrived = Promise.withResolvers();
  }
  // It rejects where the sender was killed while it sent.
  const server = createServer((request, response) => void take(request, response).catch(() => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    arrivals,
    answered,
    refused,
    trust(known: string) {
      secret = known;
    },
    hold(which: (taskId: string) => boolean) {
      isHeld = which;
      for (const response of held.splice(0)) response.destroy();
    },
    async until(wanted: () => boolean) {
      while (!wanted()) await arrived.promise;
    },
  };
}

async function secretOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/webhooks/secret`, { headers: { authorization: key } });
  return ((await answer.json()) as { data: { secret: string } }).data.secret;
}

test(
  `${kills * tasksOfKill} webhooks whose server was killed between the end of the task and the delivery all arrive`,
  { timeout: 240_000 },
  async () => {
    const directory = temporaryDirectory();
    const receiver = await startReceiver();
    const settings = {
      PLANTAIN_ADMIN_KEY: key,
      PLANTAIN_SANDBOX_DURATION_MS: '0',
      PLANTAIN_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}`,
    };
    const body = { prompt: 'a banana', callback_url: `http://127.0.0.1:${receiver.port}/hook` };
    const ids: string[] = [];
    const hasArrived = (id: string) => receiver.arrivals.includes(id);
    for (let round = 0; round < kills; round += 1) {
      const server = await startServer(directory, settings);
      const client = api(server.url, key);
      receiver.trust(await secretOf(server.url));
      const before = new Set(ids);
      receiver.hold((taskId) => !before.has(taskId));
      const made = await Promise.all(Array.from({ length: tasksOfKill }, () => submitted(client, body)));
      ids.push(...made);
      // By turns: as soon as the states are known to be on disk, and when the messages have left but are not answered.
      if (round % 2 === 0) await Promise.all(made.map((id) => client.final(id)));
      else await receiver.until(() => made.every(hasArrived));
      expect(await server.end('SIGKILL')).toBeNull();
    }

    receiver.hold(() => false);
    await startServer(directory, settings);
    await receiver.until(() => ids.every((id) => receiver.answered.has(id)));
    expect(receiver.refused).toEqual([]);
    // Deliveries that had left when their server was killed have come twice.
    expect(receiver.arrivals.length).toBeGreaterThan(ids.length);
  },
);

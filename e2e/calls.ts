// The API as a client program calls it.

import { hash } from 'node:crypto';
import type { Envelope, RequestErrorBody, SubmitData, TaskData } from '@plantain/client';

type SubmitAnswer = Envelope<SubmitData> & { error?: RequestErrorBody };

export interface Api {
  submit(body: unknown, path?: string): Promise<{ status: number; headers: Headers; body: SubmitAnswer }>;
  task(id: string): Promise<TaskData>;
  /** Asks until `wanted` says yes. Polling is how this API is followed; the test's own time-out bounds it. */
  until(id: string, wanted: (task: TaskData) => boolean): Promise<TaskData>;
  /** Asks until the state is final. */
  final(id: string): Promise<TaskData>;
}

const pollMs = 20;

export function api(url: string, key: string): Api {
  const headers = { authorization: key, 'content-type': 'application/json' };
  async function task(id: string): Promise<TaskData> {
    const answer = await fetch(`${url}/api/gemini/nano-banana/${id}`, { headers });
    if (answer.status !== 200)
      throw new Error(`status query answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as Envelope<TaskData>).data;
  }
  async function until(id: string, wanted: (data: TaskData) => boolean): Promise<TaskData> {
    for (;;) {
      const data = await task(id);
      if (wanted(data)) return data;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
  return {
    async submit(body, path = '/api/gemini/nano-banana') {
      const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const { status, headers: answered } = answer;
      return { status, headers: answered, body: (await answer.json()) as SubmitAnswer };
    },
    task,
    until,
    final: (id) => until(id, ({ state }) => state === 'succeeded' || state === 'error'),
  };
}

/** Submits and gives the id; throws when it was refused. */
export async function submitted(client: Api, body: unknown, path?: string): Promise<string> {
  const answer = await client.submit(body, path);
  if (answer.status !== 200)
    throw new Error(`submit answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body.data.task_id;
}

/** A link, and what the server says of the bytes behind it. */
export interface Promised {
  url: string;
  bytes: number;
  sha256: string;
}

export function promisedBy({ data, image_details: details = [] }: TaskData): Promised[] {
  return data.images.map(({ url }, index) => ({ bytes: 0, sha256: '', ...details[index], url }));
}

/** Faults of the files behind links: each must have all the bytes that were promised, and those alone. */
export async function faultsBehind(links: readonly Promised[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { url, bytes, sha256 } of links) {
    const answer = await fetch(url);
    const body = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200 || body.length !== bytes || hash('sha256', body) !== sha256)
      faults.push(`${url}: ${answer.status}, ${body.length} of ${bytes} bytes`);
  }
  return faults;
}

// For Node 20 or newer, as a module, with nothing installed.

import type { SubmitBody } from '@plantain/client';
import { literal, suffixOf, tasksPath } from './request-parts.ts';

export function javascriptCode(body: SubmitBody, baseUrl: string): string {
  return `import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const tasks = ${JSON.stringify(baseUrl + tasksPath)};
const key = process.env.PLANTAIN_API_KEY ?? "";
const body = ${literal(body)};

// A call that breaks off is tried again. The server makes the task once, by its idempotency key.
async function call(path, { headers, ...options } = {}) {
  for (let left = 5; ; left -= 1) {
    const { status, bytes } = await fetch(tasks + path, {
      ...options,
      headers: { Authorization: "Bearer " + key, ...headers },
    })
      .then(async (answer) => ({ status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }))
      .catch((error) => ({ status: 0, bytes: Buffer.from(String(error.cause?.message ?? error.message)) }));
    if (status === 200) return bytes;
    if (left === 0 || ![0, 429, 502, 503, 504].includes(status)) fail(bytes);
    await sleep(2_000);
  }
}

function fail(why) {
  console.error(String(why));
  process.exit(1);
}

const submitted = JSON.parse(
  await call(${JSON.stringify(suffixOf(body))}, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() },
    body: JSON.stringify(body),
  }),
);
const id = submitted.data.task_id;

let task;
do task = JSON.parse(await call("/" + id + "?wait=30&until=final")).data;
while (task.state === "pending" || task.state === "running");
if (task.state !== "succeeded") fail(task.msg);

for (const [index, { file_name }] of task.data.images.entries()) {
  const file = id + "-" + (index + 1) + "." + file_name.split(".").at(-1);
  await writeFile(file, await call("/" + id + "/images/" + (index + 1)));
  console.log(file);
}
`;
}

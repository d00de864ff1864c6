// A request as a program would make it: sent, and followed to its end, with the reason and an exit code other than 0 where that is a failure.
// The key stands in the environment, never in the text.

import type { SubmitBody } from '@plantain/client';

export const codeLanguages = ['curl', 'typescript', 'python'] as const;
export type CodeLanguage = (typeof codeLanguages)[number];

/** `baseUrl` has no slash at its end. */
export function asCode(language: CodeLanguage, body: SubmitBody, baseUrl: string): string {
  return writers[language](body, baseUrl);
}

const tasksPath = '/api/gemini/nano-banana';

const writers: Readonly<Record<CodeLanguage, (body: SubmitBody, baseUrl: string) => string>> = {
  // Its last command says how it ended: `exit` would close the terminal of who pastes it.
  curl(body, baseUrl) {
    const tasks = baseUrl + tasksPath;
    const key = '-H "Authorization: Bearer $PLANTAIN_API_KEY"';
    return `answer=$(curl -sS ${shellWord(tasks + suffixOf(body))} \\
  ${key} \\
  -H 'Content-Type: application/json' \\
  --data-raw ${shellWord(JSON.stringify(body, null, 2))})
task_id=$(printf '%s' "$answer" | sed -nE 's/.*"task_id":"([^"]+)".*/\\1/p')

while [ -n "$task_id" ]; do
  answer=$(curl -sS ${shellWord(`${tasks}/`)}"$task_id?wait=60&until=final" \\
    ${key})
  case $answer in *'"state":"pending"'* | *'"state":"running"'*) ;; *) break ;; esac
done

printf '%s\\n' "$answer"
case $answer in *'"state":"succeeded"'*) ;; *) false ;; esac
`;
  },
  typescript(body, baseUrl) {
    const method = body.image_urls === undefined ? 'generate' : 'edit';
    return `import { createClient } from "@plantain/client";

const client = createClient({
  baseUrl: ${JSON.stringify(baseUrl)},
  apiKey: process.env["PLANTAIN_API_KEY"],
});

try {
  const { task_id } = await client.${method}({
${members(body, (name) => `    ${name}: `)}
  });
  const task = await client.wait(task_id);
  for (const { url } of task.data.images) console.log(url);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
`;
  },
  python(body, baseUrl) {
    return `import os
import sys
import requests

tasks = ${JSON.stringify(baseUrl + tasksPath)}
headers = {"Authorization": "Bearer " + os.environ.get("PLANTAIN_API_KEY", "")}

answer = requests.post(tasks${suffixOf(body) === '' ? '' : ` + ${JSON.stringify(suffixOf(body))}`}, headers=headers, timeout=60, json={
${members(body, (name) => `    ${JSON.stringify(name)}: `)}
})
if not answer.ok:
    sys.exit(answer.text)
task_id = answer.json()["data"]["task_id"]

while True:
    answer = requests.get(f"{tasks}/{task_id}", headers=headers, timeout=90, params={"wait": 60, "until": "final"})
    if not answer.ok:
        sys.exit(answer.text)
    task = answer.json()["data"]
    if task["state"] in ("succeeded", "error"):
        break

if task["state"] == "error":
    sys.exit(task["msg"])
for image in task["data"]["images"]:
    print(image["url"])
`;
  },
};

function suffixOf({ image_urls: pictures }: SubmitBody): string {
  return pictures === undefined ? '' : '-edit';
}

/** A line for each; strings, numbers and lists of JSON mean the same in TypeScript and in Python. */
function members(body: SubmitBody, start: (name: string) => string): string {
  return Object.entries(body)
    .map(([name, value]) => `${start(name)}${JSON.stringify(value)},`)
    .join('\n');
}

/** Nothing but the quote itself ends a word in single quotes. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

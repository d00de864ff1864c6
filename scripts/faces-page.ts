// Writes docs/faces.md: the table of faces and features, made of the columns that the tests of the faces wrote, and the names of models
// that are shipped. `node scripts/faces-page.ts > docs/faces.md`; a test holds the page against it.

import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { clientNames } from '../packages/server/src/core/models/client-names.ts';
import { type Column, type Feature, features } from '../packages/server/src/http/faces/kit/features.ts';

const docs = join(import.meta.dirname, '..', 'docs');

/** Columns by the name of their face, in the order of the names. */
function readColumns(): [name: string, column: Column][] {
  return globSync(join(docs, 'faces', 'columns', '*.json'))
    .toSorted()
    .map((file) => [basename(file, '.json'), JSON.parse(readFileSync(file, 'utf8')) as Column]);
}

const introduction = `# Faces

Programs that are written for another API of pictures run against Plantain when their base URL is changed. Each such API is a _face_: it translates onto the same
tasks, so that limits, budgets, retries, failover, the console and the webhooks are there for all of them. A call that waits for its picture is a task that
outlives the call: a client that hangs up finds it in the console, and by its id, which is in \`X-Plantain-Task-Id\`.

- **Credentials** go where the clients of each face put them: \`Authorization\`, with or without a word before the key, \`x-api-key\`, \`api-key\` or \`x-goog-api-key\`; for Gemini also \`?key=\` ([security](../SECURITY.md)).
- **Refusals** have the form of the face, with its status, type, code and hints of when to try again. A path at which there is nothing says what is there.
- **Warnings** of what was changed or ignored are in \`X-Plantain-Warnings\`, a JSON list in ASCII.
- **A repeat** gets the task of the call before it where it says that it is one: by an \`Idempotency-Key\`, or by \`x-stainless-retry-count\`, in which OpenAI’s libraries count
  their tries, if key and body are equal and that task has not ended more than a quarter of an hour ago: one that nobody was given and nobody waits for, on whatever server. A call that still waits is believed to have gone
  once it has waited for the client’s time-out, or for a minute, as a proxy need not say so; until then its task is nobody else’s, but for a repeat that comes while it is being submitted. Two calls that say nothing are two tasks.
- **A server that stops** answers calls that wait with 503 and when to come again. The tasks go on.
- **A call that waits** is one of its key’s open waits (\`max_waiting_per_key\`), and ends within a second when the key is revoked.

What each face can do, as its tests have shown with its clients, unmodified: all of it on SQLite, and on PostgreSQL what depends on the store:
`;

function page(columns: readonly [string, Column][]): string {
  const cell = ({ title, cells }: Column, feature: Feature) => {
    // A column that was written before there was such a feature.
    const { is, says } = (cells as Partial<typeof cells>)[feature] ?? {};
    if (is === undefined) throw new Error(`The tests of ${title} say nothing of ${feature}.`);
    if (is === 'none') return '—';
    return says === undefined ? is : `${is} ¹`;
  };
  const rows = Object.entries(features).map(
    ([id, words]) => `| ${words} | ${columns.map(([, column]) => cell(column, id as Feature)).join(' | ')} |`,
  );
  const heads = columns.map(([name, { title }]) => `[${title}](faces/${name}.md)`);
  const notes = columns.map(([name, column]) => {
    const { title, prefix, clients, cells } = column;
    const told = Object.entries(cells).filter(([, { says }]) => says !== undefined);
    const lines = told
      .filter(([, { is }]) => is !== 'none')
      .map(([id, { is, says }]) => `- ${features[id as Feature]}: ${is}, ${says}`);
    const none = told
      .filter(([, { is }]) => is === 'none')
      .map(([id, { says }]) => `${uncapitalized(features[id as Feature])} (${says})`);
    if (none.length > 0) lines.push(`- Not in this API: ${none.join('; ')}`);
    return `### ${title}\n\n\`${prefix}\`; tested with ${clients.join(', ')}. [How to change to it](faces/${name}.md).\n\n${lines.join('\n')}\n`;
  });
  const names = Object.entries(clientNames).map(([name, model]) => `| \`${name}\` | \`${model}\` |`);
  return `${introduction}
| feature | ${heads.join(' | ')} |
| --- | ${heads.map(() => '---').join(' | ')} |
${rows.join('\n')}

¹ with a limit, or done otherwise, as is said below. —: the API of the face has no such thing, and below it says what there is instead. No: it has, and this server does not.

${notes.join('\n')}
## Ratio and size

One rule for all faces, and for \`/api\`: each of \`aspect_ratio\`, \`size\` and \`image_size\` may say a ratio (\`16:9\`), a size (\`2K\`) or pixels (\`1536x1024\`). Where several say something, the ratio is that of \`aspect_ratio\`, else of
\`size\`, else of \`image_size\`; the size is that of \`image_size\`, else of \`size\`, else of \`aspect_ratio\`, else the one behind the name of the model. A warning names each value that differs and was not followed. Of pixels the nearest ratio that the model takes counts, and the size of about as many
pixels. A ratio by name that the model does not take is refused.

Each picture that comes is [compared](upstreams/README.md#pictures-that-are-not-as-asked) with what was asked for.

## Names of models

A face takes each name that \`GET /api/models\` shows, with a vendor before it (\`google/\`, \`openai/\`, \`fal-ai/\`, …) and a size behind it. Beside them these are shipped, and \`model_names\` in \`plantain.yaml\`
adds to them and goes before all of them:

\`\`\`yaml
model_names:
  dall-e-3: nano-banana-pro
\`\`\`

A name that is nowhere is refused, with those that there are.

| name | model |
| --- | --- |
${names.join('\n')}
`;
}

const uncapitalized = (words: string) => words.slice(0, 1).toLowerCase() + words.slice(1);

/** The page, as it is to be. */
export async function facesPage(): Promise<string> {
  const file = join(docs, 'faces.md');
  return await format(page(readColumns()), { ...(await resolveConfig(file)), filepath: file });
}

if (import.meta.main) process.stdout.write(await facesPage());

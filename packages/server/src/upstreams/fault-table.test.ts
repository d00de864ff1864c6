// Shows every adapter every fault, and writes what comes of it to docs/upstreams/faults.md: the page is made by this test
// (`npx vitest run fault-table --update`), and a page that says something else fails it.

import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, test } from 'vitest';
import {
  endOf,
  endUnderFault,
  faults,
  openEach,
  forms,
  requestFor,
  startOperation,
} from './faults.fixture.ts';
import type { End } from './faults.fixture.ts';
import { harnesses } from './harnesses.fixture.ts';
import type { Reply } from './loopback.fixture.ts';
import type { OpenHarness, Refusals, Step, UpstreamHarness } from './upstream-harness.fixture.ts';

const page = join(import.meta.dirname, '../../../../docs/upstreams/faults.md');

/** Outcome of each fault, by the name of the adapter and of the fault. */
type Column = Map<string, string>;
const refusals = new Map<string, Column>();
const withoutPicture = new Map<string, Column>();
const otherForms = new Map<string, Column>();
const troubles: Record<Step, Map<string, Column>> = {
  start: new Map(),
  poll: new Map(),
  download: new Map(),
};

for (const harness of harnesses)
  describe(`the upstream ${harness.name}`, () => {
    const harnessOf = openEach(harness);

    test('turns every refusal into a failure', async () => {
      const open = harnessOf();
      refusals.set(harness.name, await refuse(harness, open));
      withoutPicture.set(harness.name, await answerEach(open, harness.withoutPicture));
      for (const column of [refusals, withoutPicture])
        expect(Array.from(column.get(harness.name)?.values() ?? [])).not.toContain('works');
    });

    test('takes the picture from where it is', async () => {
      const open = harnessOf();
      const column = await answerEach(open, harness.otherForms(open.ownLink ?? ''));
      otherForms.set(harness.name, column);
      for (const end of column.values()) expect(end).toBe('works');
    });

    test.each(['start', 'poll', 'download'] as const)(
      'meets every trouble at the step %s with a result or a failure',
      async (step) => {
        const open = harnessOf();
        const column: Column = new Map();
        if (step === 'download' && harness.withLinks !== undefined)
          open.answer(
            (await startOperation(open)) === null ? 'start' : 'poll',
            harness.withLinks([open.ownLink ?? '']),
          );
        for (const fault of [...faults, ...forms].filter(({ steps }) => steps.includes(step))) {
          const end = await endUnderFault(open, step, fault);
          if (end !== undefined) column.set(fault.name, say(end));
        }
        if (column.size > 0) {
          troubles[step].set(harness.name, column);
          for (const { name } of forms) expect(column.get(name) ?? 'works').toBe('works');
        }
        expect(open.seen('start').length).toBeGreaterThan(0);
      },
    );
  });

async function refuse(harness: UpstreamHarness, open: OpenHarness): Promise<Column> {
  const column: Column = new Map();
  for (const [name, reply] of Object.entries(harness.refusals)) {
    const step = harness.refusesAt?.[name as keyof Refusals] ?? 'start';
    open.answer(step, reply);
    column.set(name, reply === null ? '-' : say(await endOf(open.create(), requestFor(open.model))));
    open.answer(step, null);
  }
  return column;
}

/** Tells what becomes of each of these answers to the last step before a download. */
async function answerEach(open: OpenHarness, replies: Record<string, Reply>): Promise<Column> {
  const column: Column = new Map();
  const step = (await startOperation(open)) === null ? 'start' : 'poll';
  for (const [name, reply] of Object.entries(replies)) {
    open.answer(step, reply);
    column.set(name, say(await endOf(open.create(), requestFor(open.model))));
  }
  return column;
}

/** A cell of the table; the page explains the words. */
function say(end: End): string {
  if (end.kind === 'made') return 'works';
  const { type, retryable, retryAfterMs, unknownOutcome, maybeBilled, modelUnknown, answered } = end.failure;
  const delay = retryAfterMs === undefined ? '' : ` after ${retryAfterMs / 1000} s`;
  const next = end.asking ? ['given up', 'asked again'] : ['final', 'again'];
  const words = [`\`${type}\``, `${next[Number(retryable)]}${delay}`];
  if (modelUnknown === true) words.push('model unknown');
  if (answered === true) words.push('answered');
  if (unknownOutcome === true) words.push('outcome unknown');
  else if (maybeBilled === true) words.push('maybe billed');
  return words.join(', ');
}

function table(first: string, columns: ReadonlyMap<string, Column>): string {
  const names = Array.from(columns.keys());
  const rows = new Set(Array.from(columns.values(), (column) => Array.from(column.keys())).flat());
  const lines = Array.from(rows, (row) => [row, ...names.map((name) => columns.get(name)?.get(row) ?? '-')]);
  return [[first, ...names.map((name) => `\`${name}\``)], names.map(() => '---').concat('---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function list(columns: ReadonlyMap<string, Column>): string {
  const rows = Array.from(columns, ([name, column]) =>
    Array.from(column, ([kind, outcome]) => `| \`${name}\` | ${kind} | ${outcome} |`),
  );
  return ['| upstream | the answer has | outcome |', '| --- | --- | --- |', ...rows.flat()].join('\n');
}

const text = () => `# What becomes of an upstream's faults

<!-- Made by \`npx vitest run fault-table --update\`; edit packages/server/src/upstreams/fault-table.test.ts instead. -->

Every adapter is shown every fault by a server on loopback that speaks the wire of its upstream. A cell says what the
adapter makes of it:

- **works**: the picture is made.
- The \`type\` of the failure, as it stands in the attempt and, when nothing is tried again, in the task's \`error\`.
- **again**: the task is put back and started anew, as often as its tries allow; **after** the delay that the upstream asked
  for, where it did, and then without using up a try. **final**: the same request with the same key would fail in the same way.
- **asked again**: the operation goes on at the upstream, and only the question after it failed, or fetching its picture. It is asked
  again later; nothing is paid for twice. **given up**: asking again would not help, and the operation is left to itself.
- **model unknown**: nothing is wrong with the request, so another upstream may serve it.
- **maybe billed**: the upstream may charge for the call although it gave no picture. **outcome unknown**: this too, and
  nobody knows whether a picture was made, so starting anew may pay twice and is done only as often as the operator allows.
- **answered**: a complete answer came that may hold the picture, and could not be read, or its picture could not be fetched. Nothing
  is started anew unless \`unread_answer_retries\` allows it. What could not be read is kept for the operator.
- **-**: this upstream has no word for it, or makes no such step.

\`sandbox\` has no server and so no faults but those that a prompt asks for.

## The upstream says no

Each in the words of that upstream. Where those are 429 for a limit of the day, or 400 for a wrong key, it is what they mean
that counts. The same words with status 200 are the same refusal.

${table('refusal', refusals)}

## An answer of status 200 without a picture

${list(withoutPicture)}

## A picture in another form

Answers that hold the picture in a way that the upstream does not document, as gateways and compatible servers do. It is there, so it
is paid for and taken. The same is true of packed answers, byte order marks and event streams, below, and of base64 with broken lines, in
the alphabet of URLs, or behind \`data:\`.

${list(otherForms)}

## Trouble with the request for the picture

For \`fal\`, \`nano-banana\` and \`replicate\` this is the request that starts the operation. The limit of an answer was 1 MiB here.

${table('trouble', troubles.start)}

## Trouble with the question after an operation

${table('trouble', troubles.poll)}

## Trouble with fetching the picture

For upstreams that answer with a link.

${table('trouble', troubles.download)}
`;

test('docs/upstreams/faults.md says what came of it', async () => {
  const style = await resolveConfig(page);
  await expect(await format(text(), { ...style, parser: 'markdown' })).toMatchFileSnapshot(page);
});

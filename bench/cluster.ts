// `npm run cluster [-- COUNT] [-- small] [-- page]`: servers on one PostgreSQL database, while they and it are killed, stopped and cut
// off, and upstreams break in every way. Nothing may be lost, done twice unsaid, or seen to go back. `page` writes the timeline into
// docs/cluster.md; `small` is the form that the tests run.

import { forms } from './cluster/forms.ts';
import { page, writePage } from './cluster/page.ts';
import { runCluster } from './cluster/run.ts';
import { describeCommit, describeMachine } from './machine.ts';

const words = process.argv.slice(2);
const form = forms[words.includes('small') ? 'small' : 'whole'];
const count = Number(words.find((word) => /^\d+$/.test(word)) ?? form.count);

const abort = new AbortController();
// The run ends what it has started.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => abort.abort(new Error(`It was ended by ${signal}.`)));

const { faults, timeline, figures } = await runCluster({ ...form, count }, abort.signal).catch(
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
console.log(`\n${figures.map((figure) => `- ${figure}`).join('\n')}\n`);
for (const fault of faults.slice(0, 50)) console.error(fault);
console.log(faults.length === 0 ? 'Every promise held.' : `${faults.length} faults.`);
if (faults.length === 0 && words.includes('page')) {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  await writePage(
    `${date} UTC, ${describeCommit(page)}, Node ${process.version}: ${count} tasks. ${describeMachine()}.`,
    timeline,
    figures,
  );
}
process.exitCode = faults.length === 0 ? 0 : 1;

// `plantain files`: pictures that are uploaded once and used as inputs any number of times.

import type { PlantainClient } from '../../index.ts';
import { type Context, defineCommand } from '../command.ts';
import { codeOf, UsageError } from '../exit-codes.ts';
import { tableText, timeText } from '../task-text.ts';
import { plain } from '../terminal.ts';

type UploadedFile = Awaited<ReturnType<PlantainClient['files']['get']>>;

const actions = ['upload', 'list', 'show', 'delete'];

export const files = defineCommand({
  name: 'files',
  summary: 'upload pictures for later use, list and delete them',
  usage: ['files upload FILE...', 'files list', 'files show ID...', 'files delete ID...'],
  details: 'upload prints links, which edit and batch take like any other link to a picture.',
  options: { json: { type: 'boolean', about: 'print a line of JSON for each file' } },
  actions,
  async run({ values, positionals }, context) {
    const [action = '', ...names] = positionals;
    if (!actions.includes(action)) throw new UsageError(`files takes one of ${actions.join(', ')}.`, 'files');
    if ((names.length === 0) !== (action === 'list'))
      throw new UsageError(
        `files ${action} ${action === 'list' ? 'takes no argument' : 'needs an argument'}.`,
        'files',
      );
    const { client } = await context.connect();
    await perform(action, names, client, context, values.json ?? false);
    return codeOf('ok');
  },
});

async function perform(
  action: string,
  names: readonly string[],
  client: PlantainClient,
  { terminal, signal }: Context,
  json: boolean,
): Promise<void> {
  const print = (value: unknown, line: string) => (json ? terminal.json(value) : terminal.data(line));
  if (action === 'upload')
    for (const name of names) {
      const file = await client.files.upload(name, { signal });
      print(file, plain(file.file));
      terminal.message(
        terminal.paint('dim', `${name} is ${plain(file.file_id)}, kept until ${timeText(file.expires_at)}.`),
      );
    }
  else if (action === 'list') {
    const found = await client.files.list({ signal });
    const rows = tableText(found.map(row));
    for (const [index, file] of found.entries()) print(file, rows[index] ?? '');
    if (found.length === 0) terminal.message('There are no uploaded files.');
  } else if (action === 'show')
    for (const id of names) {
      const file = await client.files.get(id, { signal });
      print(file, plain(`${row(file).join('  ')}  ${file.file}`));
    }
  else
    for (const id of names) {
      await client.files.delete(id, { signal });
      print({ file_id: id, deleted: true }, `${plain(id)}  deleted`);
    }
}

function row(file: UploadedFile): string[] {
  const { file_id: id, file_name: name, width, height, bytes, expires_at: until } = file;
  return [id, `${width}x${height}`, `${bytes} bytes`, `until ${timeText(until)}`, name].map(plain);
}

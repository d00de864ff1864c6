import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sentencesZh } from '../packages/console/src/pages/webhooks/server-sentences.ts';

const folder = join(import.meta.dirname, '..', 'packages', 'server', 'src');

/** A text over several lines as one, and whatever is put into it as `{}`. */
const source = globSync('{webhooks,outside,core/webhooks}/*.ts', { cwd: folder })
  .filter((file) => !/\.(test|fixture)\.ts$/.test(file))
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n')
  .replaceAll(/['`] \+\s+['`]/g, '')
  .replaceAll(/\$\{[^}]*\}/g, '{}');

test.each(Object.keys(sentencesZh))(
  'the server has the sentence that the console says in Chinese: %s',
  (sentence) => {
    expect(source).toContain(sentence.replaceAll(/\{\w+\}/g, '{}'));
  },
);

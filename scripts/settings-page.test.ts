import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { settings } from '../packages/server/src/config/settings.ts';
import { renderSettingsPage } from './settings-page.ts';

const root = join(import.meta.dirname, '..');

test('docs/settings.md is what the table of settings says; `node scripts/settings-page.ts > docs/settings.md` mends it', () => {
  expect(readFileSync(join(root, 'docs', 'settings.md'), 'utf8')).toBe(renderSettingsPage());
});

test('the page is formatted as the check wants it', async () => {
  const style = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8')) as object;
  const page = renderSettingsPage();
  expect(await format(page, { ...style, parser: 'markdown' })).toBe(page);
});

test('the page has one row for each setting, and marks exactly the secrets', () => {
  const rows = renderSettingsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.map((row) => /`(\w+)`/.exec(row)?.[1])).toEqual(Object.keys(settings));
  const marked = rows.filter((row) => row.includes('**Secret.**')).map((row) => /`(\w+)`/.exec(row)?.[1]);
  expect(marked).toEqual([
    'database_url',
    'database_listen_url',
    'admin_key',
    's3_secret_access_key',
    'gemini_api_key',
    'openai_api_key',
    'nano_banana_api_key',
    'fal_key',
    'replicate_api_token',
    'https_proxy',
    'http_proxy',
  ]);
});

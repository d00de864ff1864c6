// A failure is said once, and the buttons beside it offer what is said.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { tabsOfOneBrowser } from './console-tabs.ts';
import { playground } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);
const server = serverForAll({
  PLANTAIN_ADMIN_KEY: key,
  PLANTAIN_SANDBOX_DURATION_MS: '0',
  PLANTAIN_RETRY_BASE_MS: '1',
});
const openTab = tabsOfOneBrowser();

async function start(language: 'en' | 'zh') {
  const { url } = server();
  const page = await openTab({ key, language });
  return { url, page, say: await wordsIn(language), client: api(url, key) };
}

/** Text that is there to be read; not that which is folded away. */
async function visibleText(page: Page, selector: string): Promise<string[]> {
  const texts = await page.locator(selector).allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

const buttonsOf = async (page: Page, within: string) =>
  (await visibleText(page, `${within} button`)).filter((text) => text !== '');

test.each(['en', 'zh'] as const)(
  'a failed task says in %s once why, what to do, and offers that first',
  async (language) => {
    const { url, page, say, client } = await start(language);
    const actions = {
      retry: say('tasks', 'retryTask'),
      edit: say('tasks', 'reuse'),
      delete: say('tasks', 'deleteTask'),
    };
    const kinds = [
      {
        type: 'content_rejected',
        advice: say('change', 'content_rejected'),
        buttons: [actions.edit, say('tasks', 'retryAnyway'), actions.delete],
      },
      {
        type: 'upstream_unavailable',
        advice: say('failureFrame', 'again'),
        buttons: [actions.retry, actions.edit, actions.delete],
      },
    ];
    for (const { type, advice, buttons } of kinds) {
      const id = await submitted(client, { prompt: `a cat [[fail ${type}]]` });
      await client.final(id);
      await page.goto(`${url}/#/tasks/${id}`);
      await page.getByRole('button', { name: actions.edit }).waitFor();
      const reason = `sandbox directive: fail ${type}`;
      expect(await visibleText(page, '.task-failure p')).toEqual([
        `${say('failure', type)}${say('failureFrame', 'between')}${advice}`,
        `${say('failureFrame', 'upstreamReason')} ${reason}`,
      ]);
      const [text = ''] = await visibleText(page, 'main');
      expect(text.split(say('failure', type)), 'said once').toHaveLength(2);
      expect(text, 'what the server said is folded').not.toContain('The prompt told the sandbox');
      expect(await buttonsOf(page, '.page-head:has(h1)')).toEqual(buttons);
      expect(await visibleText(page, '.timeline .failure-line')).toEqual([
        `${say('failureNames', type)} · ${reason}`,
      ]);
    }
  },
);

test('attempts that failed alike are one entry with their number, and those that differ are told apart', async () => {
  const { url, page, say, client } = await start('en');
  const id = await submitted(client, { prompt: 'a cat [[fail upstream_unavailable]]' });
  const { attempts } = await client.final(id);
  expect(attempts.length).toBeGreaterThan(2);
  await page.goto(`${url}/#/tasks/${id}`);
  const heading = say('tasks', 'attempts', { first: 1, last: attempts.length, upstream: 'sandbox' });
  await page.getByRole('heading', { name: heading }).waitFor();
  expect(await page.locator('.timeline > li').count()).toBe(3);
  await page.getByText(say('tasks', 'eachAttempt')).click();
  expect(await page.locator('.timeline-each li').count()).toBe(attempts.length);
});

test('a card that can’t be tried again offers to be edited, and no other try', async () => {
  const { url, page, say } = await start('en');
  await page.goto(`${url}/`);
  const form = playground({ page, say });
  const offered = async (type: string) => {
    const prompt = `a cat [[fail ${type}]]`;
    await form.prompt.fill(prompt);
    await form.send.click();
    const card = form.card(prompt);
    await card.locator('.task-failure').waitFor();
    const texts = await card.locator('.run-main button').allInnerTexts();
    return texts.map((text) => text.trim());
  };
  const edit = say('playground', 'change');
  expect(await offered('upstream_bad_request')).toEqual([edit]);
  expect(await offered('no_image')).toEqual([say('control', 'retry'), edit]);
});

test('what the server did not take is told in the language of the person, a file and a request alike', async () => {
  const { url, page, say } = await start('zh');
  await page.goto(`${url}/`);
  const form = playground({ page, say });
  const file = { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n') };
  await page.getByLabel(say('playground', 'choose')).setInputFiles(file);
  await page.locator('.input-note').getByText(say('refusal', 'input_unreachable')).waitFor();
  expect(await visibleText(page, '.input-note [lang=en]')).toEqual([expect.stringContaining('it is a PDF')]);
  await page.getByRole('button', { name: say('playground', 'removeInput', { number: 1 }) }).click();

  await form.prompt.fill('x'.repeat(33_000));
  await form.send.click();
  const card = page.locator('.run .problem');
  await card.getByText(say('refusal', 'invalid_request')).waitFor();
  await page.reload();
  await card.getByText(say('refusal', 'invalid_request')).waitFor();
});

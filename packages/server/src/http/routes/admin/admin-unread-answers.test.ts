import type { AuditData, Envelope, SubmitData } from '@plantain/client';
import { describe, expect, test } from 'vitest';
import { newTaskId } from '../../../lib/ids.ts';
import { refusalOf, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

const prompt = 'a very yellow plantain [[web_page]] [[delay 0ms]]';
const pathOf = (id: string, number = 1) => `/api/admin/tasks/${id}/attempts/${number}/answer`;

async function unusable(settings: Record<string, string>) {
  const server = await startServer(settings);
  const id = await server.submit({ prompt });
  const task = await server.final(id);
  return { server, id, task };
}

describe('a whole answer that could not be used', () => {
  test('is not paid for twice, and the operator is given what it was like as a file', async () => {
    const { server, id, task } = await unusable({});
    expect(task.error?.message).toContain('a web page (HTML)');
    expect(task.attempts).toMatchObject([{ maybe_billed: true }]);
    const { status, headers, text } = await server.call(pathOf(id.toUpperCase()));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toBe(`attachment; filename="answer-${id}-1.json"`);
    const shown = JSON.parse(text) as Record<string, unknown>;
    expect(shown).toMatchObject({ task_id: id, attempt: 1, status: null, shape: 'text', text: null });
    expect(shown['length']).toBeGreaterThan(50);
    expect(server.log.map(({ event }) => event)).toContain('unread_answer_kept');
  });

  test('shows its text where the settings allow it, and never the prompt', async () => {
    const { server, id } = await unusable({ UNREAD_ANSWER_TEXT: 'true' });
    const { text } = await server.call(pathOf(id));
    expect((JSON.parse(text) as { text: string }).text).toContain('No picture for: [removed]');
    expect(text).not.toContain('yellow');
  });

  test('is not kept where the settings say so', async () => {
    const { server, id } = await unusable({ UNREAD_ANSWER_BYTES: '0' });
    expect((await server.call(pathOf(id))).status).toBe(404);
  });

  test('is for admins alone, and of one attempt', async () => {
    const { server, id } = await unusable({});
    const key = await server.newKey('plantain_test_key_of_a_user_who_is_no_admin');
    expect((await server.call(pathOf(id), { key })).status).toBe(403);
    expect((await server.call(pathOf(id), { key: null })).status).toBe(401);
    for (const other of ['2', '0', '01', '-1', 'x', '1e9', '99999999999'])
      expect((await server.call(pathOf(id).replace('/1/', `/${other}/`))).status).toBe(404);
  });
});

describe('an answer to the task of another key', () => {
  async function ofAnother(settings: Record<string, string>) {
    const server = await startServer({ UNREAD_ANSWER_TEXT: 'true', ...settings });
    const key = await server.newKey('plantain_test_key_of_a_user_who_is_no_admin');
    const sent = { method: 'POST', key, headers: { 'content-type': 'application/json' } };
    const { body } = await server.call<Envelope<SubmitData>>(statusPath, {
      ...sent,
      body: JSON.stringify({ prompt }),
    });
    await expect.poll(async () => (await server.task(body.data.task_id, key)).state).toBe('error');
    return { server, id: body.data.task_id };
  }
  const acts = async (server: TestServer) =>
    (await server.call<Envelope<AuditData>>('/api/admin/audit')).body.data.entries.map(({ act }) => act);

  test('is refused by default like one that never was, and the log has no look', async () => {
    const { server, id } = await ofAnother({});
    const refused = refusalOf(await server.call(pathOf(id)), 403);
    expect(refused.msg).toContain('operator_sees');
    expect(refusalOf(await server.call(pathOf(newTaskId())), 403).msg).toBe(refused.msg);
    expect(await acts(server)).not.toContain('answer.read');
  });

  test('is shown without its text where the operator sees records', async () => {
    const { server, id } = await ofAnother({ OPERATOR_SEES: 'records' });
    const shown = JSON.parse((await server.call(pathOf(id))).text) as Record<string, unknown>;
    expect(shown).toMatchObject({ task_id: id, shape: 'text', text: null, headers: null });
    expect(shown['note']).toContain('operator_sees');
    expect(await acts(server)).toContain('answer.read');
  });

  test('is shown with its text where the operator sees everything', async () => {
    const { server, id } = await ofAnother({ OPERATOR_SEES: 'everything' });
    const shown = JSON.parse((await server.call(pathOf(id))).text) as Record<string, unknown>;
    expect(shown['text']).toContain('No picture for: [removed]');
    expect(shown['headers']).toEqual(expect.any(Object));
  });
});

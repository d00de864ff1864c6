import { describe, expect, test } from 'vitest';
import { startServer } from '../../server.fixture.ts';

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

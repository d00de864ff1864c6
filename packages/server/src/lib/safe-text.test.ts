import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeText } from './safe-text.ts';

test('secrets, keys, tokens and base64 are taken out, and the rest stays', () => {
  const token = 'Bearer abc.def';
  const text = `Key my-secret-1 or AIzaSyA1234567890 or sk-proj-123456789 or ${token}: ${'QUJD'.repeat(30)} is not valid`;
  expect(safeText(text, ['my-secret-1'], 300)).toBe(
    'Key [removed] or [removed] or [removed] or [removed] [removed] is not valid',
  );
});

test('a secret is taken out in every spelling in which a server may repeat it, and a longer beginning of it', () => {
  const prompt = 'A sign that says "Über <us> & co",\n and below it the words of another';
  const html = prompt.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const spellings = [
    prompt,
    JSON.stringify(prompt),
    JSON.stringify({ inner: JSON.stringify({ prompt }) }),
    JSON.stringify(prompt).replaceAll('Ü', '\\u00dc'),
    html,
    html.replaceAll('"', '&quot;'),
    encodeURIComponent(prompt),
    `${prompt.slice(0, 30)}...`,
  ];
  for (const spelling of spellings)
    expect(safeText(`It was: ${spelling}. No.`, [prompt], 300)).not.toMatch(/sign|says|ber|below/);
  expect(safeText('A sign that is a fault', [prompt], 300)).toBe('A sign that is a fault');
});

test('a text becomes one line, of whole characters', () => {
  expect(safeText(' a\n\tb\u0000c ', [], 300)).toBe('a b c');
  expect(safeText('ab🍌', [], 3)).toBe('ab\uFFFD…');
});

test('of a text without end only the beginning is looked at, and it ends between two words', () => {
  const base64 = 'QUJD'.repeat(4_996);
  expect(safeText(`${base64} end AIzaSyA1234567890${' more'.repeat(100_000)}`, [], 300)).toBe(
    '[removed] end',
  );
  expect(safeText('x'.repeat(100_000), [], 300)).toBe('');
});

test('a word too short to be a secret is left alone', () => {
  expect(safeText('the cat sat', ['cat', ''], 300)).toBe('the cat sat');
});

test('no text and no place in it lets a secret through, and no answer is over the limit', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9 -]{8,40}$/).filter((each) => each.trim().length >= 8);
  const around = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\0', '🍌', 'AIza', '=') });
  fc.assert(
    fc.property(around, secret, around, fc.nat(400), (before, hidden, after, limit) => {
      const line = safeText(`${before}${hidden}${after}`, [hidden], limit);
      expect(line.length).toBeLessThanOrEqual(limit + 1);
      expect(line).not.toContain(hidden.trim());
    }),
  );
});

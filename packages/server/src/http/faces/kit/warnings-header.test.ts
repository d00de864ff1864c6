import type { FastifyReply } from 'fastify';
import { expect, test } from 'vitest';
import { tellWarnings, warningsHeader } from './warnings-header.ts';

function told(warnings: readonly string[]): string | undefined {
  const headers = new Map<string, string>();
  tellWarnings(
    { header: (name: string, value: string) => headers.set(name, value) } as unknown as FastifyReply,
    warnings,
  );
  return headers.get(warningsHeader);
}

test('warnings are a JSON list of plain ASCII, whatever they quote', () => {
  const warnings = ['size: 中文 “quoted” \u{1F34C}', 'a\nb: "x"'];
  const header = told(warnings) ?? '';
  expect(header).toMatch(/^[ -~]+$/);
  expect(JSON.parse(header)).toEqual(warnings);
  expect(told([])).toBeUndefined();
});

test('a long list is cut, and says how many more there are', () => {
  const many = Array.from(
    { length: 100 },
    (_, index) => `member_${index}: has no effect here, and ${'x'.repeat(90)}`,
  );
  const header = told(many) ?? '';
  expect(header.length).toBeLessThanOrEqual(2_000);
  const list = JSON.parse(header) as string[];
  expect(list.at(-1)).toBe(`${100 - (list.length - 1)} more`);
  expect(list.slice(0, -1)).toEqual(many.slice(0, list.length - 1));
  expect(JSON.parse(told(['ü'.repeat(5_000)]) ?? '')).toEqual(['1 more']);
});

// The core is to run wherever there is `fetch`: it may name nothing of Node where that is loaded with it.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

/** The modules that `index.ts` loads, by their paths from here, and what each imports at once: modules of ours by their paths too. */
function importsOfCore(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const waiting = ['index.ts'];
  for (const path of waiting) {
    if (found.has(path)) continue;
    const source = readFileSync(join(import.meta.dirname, path), 'utf8');
    const statements = source.matchAll(
      /^(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm,
    );
    const imports = [...statements].map(([, from = '']) =>
      from.startsWith('.') ? posix.join(posix.dirname(path), from) : from,
    );
    found.set(path, imports);
    waiting.push(...imports.filter((from) => from.endsWith('.ts')));
  }
  return found;
}

test('no module of the core imports anything but its own and the parser of events, which is bundled', () => {
  const imports = importsOfCore();
  const others = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?!cli|mcp)[\w/-]+\.ts$/.test(path))
    .filter((path) => !path.endsWith('types.ts') && !imports.has(path));
  // The import map chooses between the first two.
  expect(others.toSorted()).toEqual(['files/no-paths.ts', 'files/read-path.ts', 'request/call-options.ts']);
  for (const [path, from] of imports)
    for (const each of from) expect(each, path).toMatch(/^([\w/-]+\.ts|eventsource-parser)$/);
});

test('no module of the core touches a global that only Node has', () => {
  const modules = [...importsOfCore().keys()];
  expect(modules.length).toBeGreaterThan(15);
  for (const path of modules) {
    const code = readFileSync(join(import.meta.dirname, path), 'utf8').replaceAll(
      /^\s*(\/\/|\*|\/\*).*$/gm,
      '',
    );
    expect(code, path).not.toMatch(/\b(process|Buffer|require|__dirname|global|setImmediate)\b/);
    // Not everywhere: older platforms lack the one, pages that came over plain http the other.
    expect(code, path).not.toMatch(/AbortSignal\.any|randomUUID/);
  }
});

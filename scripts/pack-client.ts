// Packs @plantain/client into one file, as `npm pack` would, which the server hands out at /client.tgz. Every machine makes the same
// bytes of the same sources: names are sorted, times are fixed, and the packer is none of the platform's, whose bytes differ from one
// processor to another.
// node scripts/pack-client.ts [file]; without a file, packages/server/dist/client.tgz.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'fflate';
import { createTar } from 'nanotar';
import { buildClient } from './build-client.ts';

/** The time that npm gives every file of a package. */
const madeAt = Date.parse('1985-10-26T08:15:00Z');

/** Builds the package and writes it to `file`, whole or not at all. Rejects with the words of what failed. */
export async function packClient(file: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plantain-client-'));
  try {
    await buildClient(folder);
    const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => ({ name, path: name.replaceAll('\\', '/') }))
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .map(({ name, path }) => ({
        name: `package/${path}`,
        data: new Uint8Array(readFileSync(join(folder, name))),
        attrs: { mode: path === 'cli/main.js' ? '755' : '644', uid: 0, gid: 0, mtime: madeAt },
      }));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, gzipSync(withEnd(createTar(entries)), { level: 9, mtime: madeAt }));
    renameSync(`${file}.part`, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** POSIX ends an archive by two empty blocks, which this packer leaves to others and `tar` misses. */
function withEnd(tar: Uint8Array): Uint8Array {
  const whole = new Uint8Array(tar.length + 2 * 512);
  whole.set(tar);
  return whole;
}

if (import.meta.main) {
  const file = process.argv[2] ?? join(import.meta.dirname, '..', 'packages', 'server', 'dist', 'client.tgz');
  await packClient(resolve(file));
}

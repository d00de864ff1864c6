// The client of this server, packed, for whoever installs it: `npm install http://.../client.tgz`. Programs that need no key to be
// fetched: it has nothing in it that is this server's own. Beside it stands what its bytes must hash to, in npm's form.

import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RequestError } from '../../../core/errors.ts';
import { jsonType } from '../../answer.ts';
import type { Face } from '../../app.ts';
import { onDemand } from '../../pictures/static-file.ts';

const path = '/client.tgz';

/** `file` is the package. It is read when it is first asked for; until it is there, whoever asks hears how it is made. */
export function clientPackageFace({ file, version }: { file: string; version: string }): Face {
  // Read once, so that the hash is always that of the bytes that are sent, also when the file is replaced meanwhile.
  let reading: Promise<Uint8Array> | undefined;
  const read = () =>
    (reading ??= readPackage(file).catch((error: unknown) => {
      reading = undefined;
      throw error;
    }));
  const sendPackage = onDemand(read, 'application/gzip');
  const sendIntegrity = onDemand(async () => {
    const integrity = `sha512-${hash('sha512', await read(), 'base64')}`;
    return Buffer.from(
      JSON.stringify({ name: '@plantain/client', version, tarball: path.slice(1), integrity }),
    );
  }, jsonType);
  return (app) => {
    app.get(path, async (request, reply) => {
      // A refusal is no package, and is not to be saved as one.
      await read();
      reply.header('Content-Disposition', `attachment; filename="plantain-client-${version}.tgz"`);
      return sendPackage(request, reply);
    });
    app.get('/client.json', sendIntegrity);
  };
}

async function readPackage(file: string): Promise<Uint8Array> {
  return await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new RequestError(
      'not_found',
      'This server has no packed client: npm start makes it, and so does "node scripts/pack-client.ts" in the server’s folder.',
    );
  });
}

import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { startServer } from '../server.fixture.ts';

const prompt = 'a plantain & a <banana>';

async function make(settings: Record<string, string>) {
  const server = await startServer(settings);
  const id = await server.submit({ prompt, model: 'nano-banana-2.1' });
  const task = await server.final(id);
  const link = task.data.images[0]?.url ?? '';
  const get = async (query = '') => Buffer.from(await (await fetch(link + query)).arrayBuffer());
  return { id, details: task.image_details?.[0], get };
}

const xmpOf = async (bytes: Buffer) => (await sharp(bytes).metadata()).xmpAsString;

test('where the operator wants it, a picture and its renditions say how they were made', async () => {
  const { id, details, get } = await make({ PICTURE_METADATA: 'true' });
  const bytes = await get();
  expect(details).toMatchObject({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  for (const query of ['', '&w=64', '&format=webp', '&w=64&format=avif', '&w=64&format=jpeg']) {
    const xmp = await xmpOf(await get(query));
    expect(xmp, query).toContain('>a plantain &amp; a &lt;banana&gt;</rdf:li>');
    expect(xmp, query).toContain(`<dc:identifier>${id}</dc:identifier>`);
    expect(xmp, query).toContain('>nano-banana-2.1</Iptc4xmpExt:AISystemUsed>');
  }
});

test('unless the operator wants it, no picture says how it was made, and a rendition only that a model made it', async () => {
  const { get } = await make({});
  expect(await xmpOf(await get())).toBeUndefined();
  const xmp = await xmpOf(await get('&w=64'));
  expect(xmp).toContain('/digitalsourcetype/trainedAlgorithmicMedia<');
  expect(xmp).not.toMatch(/banana|AISystemUsed|dc:identifier/);
});

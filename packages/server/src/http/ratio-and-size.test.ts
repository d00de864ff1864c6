// Ratio and size on every face, against the true pixels of what is delivered. Each face has a sample of the ratios, sizes and models that there
// are, another one in each run, and many more of them in `npm run chaos`; a picture of 4K takes half a second to check.

import * as fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { ofTestSize } from '../../../../e2e/test-size.fixture.ts';
import { shippedModels } from '../core/models/models.ts';
import type { Fault } from '../core/errors.ts';
import type { ImageSize } from '../core/tasks/task.ts';
import { type Answer, startServer, statusPath } from './server.fixture.ts';
import { readShape } from './submit/submission-shape.ts';

const server = await startServer({ CONCURRENCY: '4' });

interface Asked {
  model: string;
  ratio: string;
  size: ImageSize;
}

/** Makes a picture; gives its bytes, and what the answer warns of. */
type Face = (asked: Asked) => Promise<{ bytes: Uint8Array; warnings: unknown }>;

const bytesAt = async (link: string) => new Uint8Array(await (await fetch(link)).arrayBuffer());

function warningsIn({ headers }: Answer): unknown {
  return JSON.parse(headers.get('x-plantain-warnings') ?? '[]');
}

interface Submitted {
  warnings?: string[];
  data?: { warnings?: string[] };
}

/** A face that answers with a task, at this path, by these members. */
const submitted =
  (path: string, members: (asked: Asked) => object): Face =>
  async (asked) => {
    const { status, text, body } = await server.post<Submitted>(
      { prompt: 'x', model: asked.model, ...members(asked) },
      path,
    );
    expect(status, text).toBeLessThan(300);
    const [id = ''] = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text) ?? [];
    const { data, warnings: ofTask = [], image_details } = await server.final(id);
    const [image] = data.images;
    const bytes = await bytesAt(typeof image === 'string' ? image : (image?.url ?? ''));
    const { width, height } = await sharp(bytes).metadata();
    expect(image_details).toMatchObject([{ width, height }]);
    return { bytes, warnings: [...(body.warnings ?? []), ...(body.data?.warnings ?? []), ...ofTask] };
  };

/** A face that answers with the picture, which `bytesOf` finds. */
const waited =
  <Body>(
    path: (asked: Asked) => string,
    members: (asked: Asked) => object,
    bytesOf: (body: Body) => Promise<Uint8Array> | Uint8Array,
  ): Face =>
  async (asked) => {
    const answer = await server.call<Body>(path(asked), {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: 'wait' },
      body: JSON.stringify(members(asked)),
    });
    expect(answer.status, answer.text.slice(0, 500)).toBeLessThan(300);
    return { bytes: await bytesOf(answer.body), warnings: warningsIn(answer) };
  };

const ofThisServer = ({ ratio, size }: Asked) => ({ aspect_ratio: ratio, image_size: size });
const ofGateways = ({ ratio, size }: Asked) => ({ size: ratio, resolution: size });

/** Pixels of a ratio and a size, as clients that know no other sizes write them. */
function pixelsOf({ ratio, size }: Omit<Asked, 'model'>): string {
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  const scale = sides[size] / Math.sqrt(across * down);
  return `${Math.round(across * scale)}x${Math.round(down * scale)}`;
}
const sides: Readonly<Record<ImageSize, number>> = { '512': 512, '1K': 1024, '2K': 2048, '4K': 4096 };

/** The generations of OpenAI's libraries, whose answer says how large the picture is. */
const openAiImages = (members: (asked: Asked) => object): Face =>
  waited<{ data: { b64_json: string }[]; size: string }>(
    () => '/openai/v1/images/generations',
    (asked) => ({ prompt: 'x', model: asked.model, ...members(asked) }),
    async ({ data, size }) => {
      const bytes = Buffer.from(data[0]?.b64_json ?? '', 'base64');
      const { width, height } = await sharp(bytes).metadata();
      expect(size).toBe(`${width}x${height}`);
      return bytes;
    },
  );

interface InlineData {
  candidates: { content: { parts: { inlineData?: { data: string } }[] } }[];
}

const faces: Record<string, Face> = {
  'the task API': submitted(statusPath, ofThisServer),
  v1: submitted('/v1/images/generations', (asked) => ({ size: pixelsOf(asked) })),
  APIMart: submitted('/apimart/v1/images/generations', ofGateways),
  EvoLink: submitted('/evolink/v1/images/generations', ({ ratio, size }) => ({ size: ratio, quality: size })),
  sub2api: submitted('/sub2api/v1/images/generations/async', (asked) => ({ size: pixelsOf(asked) })),
  'OpenAI Images': openAiImages((asked) => ({ size: pixelsOf(asked) })),
  'OpenAI Images by names': openAiImages(ofThisServer),
  Gemini: waited<InlineData>(
    ({ model }) => `/gemini/v1beta/models/${model}:generateContent`,
    ({ ratio, size }) => ({
      contents: [{ parts: [{ text: 'x' }] }],
      generationConfig: { imageConfig: { aspectRatio: ratio, imageSize: size } },
    }),
    ({ candidates }) => {
      const parts = candidates[0]?.content.parts ?? [];
      return Buffer.from(parts.find(({ inlineData }) => inlineData)?.inlineData?.data ?? '', 'base64');
    },
  ),
  'Gemini Interactions': waited<{ steps: { content: { type: string; data?: string }[] }[] }>(
    () => '/gemini/v1/interactions',
    ({ model, ratio, size }) => ({
      model,
      input: 'x',
      response_format: { type: 'image', aspect_ratio: ratio, image_size: size },
    }),
    ({ steps }) => {
      const image = steps.flatMap(({ content }) => content).find(({ type }) => type === 'image');
      return Buffer.from(image?.data ?? '', 'base64');
    },
  ),
  'chat completions': waited<{ choices: { message: { images: { image_url: { url: string } }[] } }[] }>(
    () => '/openai/v1/chat/completions',
    ({ model, ratio, size }) => ({
      model,
      messages: [{ role: 'user', content: 'x' }],
      image_config: { aspect_ratio: ratio, image_size: size },
    }),
    ({ choices }) => bytesAt(choices[0]?.message.images[0]?.image_url.url ?? ''),
  ),
  Replicate: waited<{ output: string }>(
    ({ model }) => `/replicate/v1/models/google/${model}/predictions`,
    ({ ratio, size }) => ({ input: { prompt: 'x', aspect_ratio: ratio, resolution: size } }),
    ({ output }) => bytesAt(output),
  ),
  fal: waited<{ images: { url: string }[] }>(
    ({ model }) => `/fal/sync/fal-ai/${model}`,
    ({ ratio, size }) => ({ prompt: 'x', aspect_ratio: ratio, resolution: size }),
    ({ images }) => bytesAt(images[0]?.url ?? ''),
  ),
};

/** Every ratio and size that there is, each of a model that takes it. */
const all = shippedModels.flatMap(({ name: model, ratios, sizes }) =>
  ratios.flatMap((ratio) => sizes.map((size): Asked => ({ model, ratio, size }))),
);

async function expectAsAsked(face: Face, asked: Asked): Promise<void> {
  const { bytes, warnings } = await face(asked);
  const { width, height } = await sharp(bytes).metadata();
  const words = `${JSON.stringify(asked)}: ${width}x${height}`;
  const [across = 1, down = 1] = asked.ratio.split(':').map(Number);
  expect(Math.abs(Math.log((width / height) * (down / across))), words).toBeLessThan(0.03);
  expect(Math.abs(Math.log((width * height) / sides[asked.size] ** 2)), words).toBeLessThan(0.15);
  expect(warnings, words).toEqual([]);
}

const small = all.filter(({ size }) => size === '1K');
const asSampled = fc.constantFrom(...ofTestSize(all, small));
const numRuns = ofTestSize(60, 4);

const wide: Asked = { model: 'nano-banana-2.1', ratio: '16:9', size: '2K' };
test.each(Object.entries(faces))(
  '%s delivers ratio and size as asked, and warns of nothing',
  async (_, face) => {
    const property = fc.asyncProperty(asSampled, (asked) => expectAsAsked(face, asked));
    // The first is not left to chance.
    await fc.assert(property, { numRuns, endOnFailure: true, examples: [[wide]] });
  },
);

test('every ratio and size of a model is read from its pixels, and from its names', () => {
  const others = { pictures: new Map(), masks: new Map(), sentAs: new Map() };
  for (const model of shippedModels)
    for (const { ratio, size } of all.filter(({ model: name }) => name === model.name))
      for (const members of [
        { size: pixelsOf({ ratio, size }) },
        { aspect_ratio: ratio, image_size: size },
      ]) {
        const faults: Fault[] = [];
        const warnings: string[] = [];
        const shape = readShape({ ...members, ...others }, { model }, faults, warnings);
        expect({ shape, faults, warnings }, JSON.stringify(members)).toEqual({
          shape: { aspectRatio: ratio, imageSize: size },
          faults: [],
          warnings: [],
        });
      }
});

test('the largest size is as large as it says', async () => {
  await expectAsAsked(faces['Gemini']!, { model: 'nano-banana-pro', ratio: '1:1', size: '4K' });
});

const both = { aspect_ratio: '16:9', size: '512x1024', image_size: '2K' };
test.each<[string, () => Promise<{ bytes: Uint8Array; warnings: unknown }>]>([
  ['the task API', () => submitted(statusPath, () => both)(wide)],
  ['v1', () => submitted('/v1/images/generations', () => both)(wide)],
  ['OpenAI Images', () => openAiImages(() => both)(wide)],
])('where members differ %s goes by one rule, and says which it did not follow', async (_, make) => {
  const { bytes, warnings } = await make();
  expect(await sharp(bytes).metadata()).toMatchObject({ width: 2752, height: 1536 });
  expect(warnings).toEqual([
    'size: its ratio 9:16 is ignored, as aspect_ratio says 16:9',
    'size: its size 1K is ignored, as image_size says 2K',
  ]);
});

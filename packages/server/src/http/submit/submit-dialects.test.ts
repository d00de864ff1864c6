import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SubmitEnvelope } from '@plantain/client';
import {
  editPath,
  refusalOf,
  type SentBody,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';

// Submits as clients of other servers send them: their names for models, sizes and pictures, and how many pictures they want.

const images = '/v1/images/generations';
/** Fails before anything is drawn, which keeps the tests quick. */
const cheap = '[[fail content_rejected]]';
const a = 'https://a.example/1.png';
const b = 'http://b.example/x,y.png';
let server: TestServer;
let base64: string;
let dataUri: string;
beforeAll(async () => {
  server = await startServer();
  const noise = { width: 33, height: 21, channels: 3 as const, background: '#fb7e0f' };
  const png = await sharp({ create: { ...noise, noise: { type: 'gaussian', mean: 128, sigma: 60 } } })
    .png()
    .toBuffer();
  base64 = png.toString('base64');
  dataUri = `data:image/png;base64,${base64}`;
});

interface Asked {
  model: string;
  aspect_ratio: string;
  image_size: string;
  image_urls: string[];
  action: string;
  count?: number;
}

/** Submits a task, and gives what its request tells of it and the warnings of the submit. */
async function asked(body: SentBody, headers: Record<string, string> = {}, path = statusPath) {
  const answer = await server.call<SubmitEnvelope>(path, { method: 'POST', body, headers });
  expect(answer.status, answer.text).toBe(200);
  const { task_id: id, warnings = [] } = answer.body.data;
  const request = await server.call<{ data: Asked }>(`${statusPath}/${id}/request`);
  return { ...request.body.data, warnings };
}
function formOf(fields: readonly (readonly [string, string])[]): URLSearchParams {
  const form = new URLSearchParams({ prompt: cheap });
  for (const [name, value] of fields) form.append(name, value);
  return form;
}
const json = { 'content-type': 'application/json' };
const askedJson = (members: object, path?: string) =>
  asked(JSON.stringify({ prompt: cheap, ...members }), json, path);
async function faultsOf(body: object, path = statusPath): Promise<Record<string, string>> {
  const { error } = refusalOf(await server.post(body, path), 400);
  return Object.fromEntries((error.details ?? []).map((fault) => [fault.path, fault.message]));
}

describe('the shape of a picture', () => {
  test.each([
    [{ image_size: '1024x1024' }, '1:1', '1K'],
    [{ image_size: '1024*1024' }, '1:1', '1K'],
    [{ image_size: '2048×2048' }, '1:1', '2K'],
    [{ image_size: '2048 X 1152' }, '16:9', '2K'],
    [{ image_size: '3840x2160' }, '16:9', '4K'],
    [{ image_size: '1024px x 1536px' }, '2:3', '1K'],
    [{ aspect_ratio: '1024x1024' }, '1:1', '1K'],
    [{ aspect_ratio: '2048x1344', image_size: '2K' }, '3:2', '2K'],
    [{ aspect_ratio: '4K' }, 'auto', '4K'],
    [{ aspect_ratio: '16：9' }, '16:9', '1K'],
    [{ aspect_ratio: '32/18' }, '16:9', '1K'],
    [{ size: '2K' }, 'auto', '2K'],
    [{ size: '16:9' }, '16:9', '1K'],
    [{ size: '4k', aspect_ratio: '9:16' }, '9:16', '4K'],
    [{ image_size: '16:9' }, '16:9', '1K'],
    [{ image_size: '16:9', size: '2K' }, '16:9', '2K'],
    [{ image_size: 'auto', size: '2048x2048' }, '1:1', '2K'],
    [{ model: 'nano-banana-2-4k' }, 'auto', '4K'],
    [{ model: 'nano-banana-pro_2K', image_size: 'auto' }, 'auto', '2K'],
    [{ aspectRatio: '16:9', imageSize: '2K' }, '16:9', '2K'],
    [{ aspectRatio: '', aspect_ratio: '1:1', imagesize: null, image_size: '2K' }, '1:1', '2K'],
    [{ aspectRatio: '16:9', aspect_ratio: '16:9', resolution: '2k', image_size: '2K' }, '16:9', '2K'],
    [{ size: '16:9', resolution: '4k' }, '16:9', '4K'],
    [{ size: '16:9', quality: '2K' }, '16:9', '2K'],
    [{ ratio: '9:16', resolution: '2K', imageSize: '' }, '9:16', '2K'],
    [{ width: 1024, height: 1792 }, '9:16', '1K'],
    [{ width: '2048', height: '2048', size: null }, '1:1', '2K'],
  ])('of %j is %s at %s', async (members, ratio, size) => {
    const { aspect_ratio, image_size, warnings } = await askedJson(members);
    expect({ aspect_ratio, image_size, warnings }).toEqual({
      aspect_ratio: ratio,
      image_size: size,
      warnings: [],
    });
  });

  // Of the tables of sizes in programs for gpt-image-2 and for Gemini.
  test.each([
    ['1K', '1024x1024 1152x864 720x1280 1248x832 1456x624 2048x1024 1536x1024 1792x1024'],
    ['2K', '2048x2048 2304x1728 1440x2560 2496x1664 3024x1296 2688x1344 2048x1152 3168x1344'],
    ['4K', '2880x2880 3264x2448 2160x3840 3504x2336 3200x2560 3696x1584 3840x1920 4096x4096'],
  ])('in pixels that programs send for %s is that: %s', async (size, sizes) => {
    for (const pixels of sizes.split(' '))
      expect((await askedJson({ model: 'gpt-image-2', size: pixels })).image_size, pixels).toBe(size);
  });

  test.each([
    [{ model: 'nano-banana-pro-4k', image_size: '2K' }, 'auto', '2K', 'model: its size 4K is ignored'],
    [{ model: 'nano-banana-pro-4k', size: '1024x1024' }, '1:1', '1K', 'model: its size 4K is ignored'],
    [{ model: 'nano-banana-hd' }, 'auto', '1K', 'model: nano-banana has no such size'],
    [{ model: 'nano-banana', size: '2048x2048' }, '1:1', '1K', 'size: nano-banana has no such size'],
    [{ image_size: '2K', size: '1024x1024' }, '1:1', '2K', 'size: its size 1K is ignored'],
    [{ aspect_ratio: '16:9', size: '3x4' }, '16:9', '1K', 'size: its ratio 3:4 is ignored'],
    [{ aspect_ratio: '16:9', aspectRatio: '3:4' }, '16:9', '1K', 'aspectRatio: ignored, as aspect_ratio'],
    [{ resolution: '2K', imageSize: '4K' }, 'auto', '2K', 'imageSize: ignored, as resolution says'],
    [{ aspectRatio: '16:9', size: '3x4' }, '16:9', '1K', 'as aspectRatio says 16:9'],
    [{ aspect_ratio: '1:1', width: 1536, height: 1024 }, '1:1', '1K', 'width: its ratio 3:2 is ignored'],
    [{ quality: 'hd' }, 'auto', '1K', 'quality: is not one of auto, low'],
    [{ background: '#fff' }, 'auto', '1K', 'background: is not one of auto, opaque, transparent'],
    [{ resolution: 'standard' }, 'auto', '1K', '"resolution": not known here'],
    [{ width: 1024 }, 'auto', '1K', '"width": not known here'],
  ])('of %j is %s at %s, with a warning', async (members, ratio, size, warning) => {
    const { aspect_ratio, image_size, warnings } = await askedJson(members);
    expect({ aspect_ratio, image_size, warnings }).toEqual({
      aspect_ratio: ratio,
      image_size: size,
      warnings: [expect.stringContaining(warning)],
    });
  });

  test('that can’t be made is refused under the name that it was sent by', async () => {
    expect(await faultsOf({ prompt: 'x', aspectRatio: '5:1', imageSize: 'huge' })).toEqual({
      aspectRatio: expect.stringContaining('16:9'),
      imageSize: expect.stringContaining('2K'),
    });
    expect(await faultsOf({ prompt: 'x', aspectRatio: 7, deadlineSeconds: 0 })).toEqual({
      aspectRatio: 'must be a string',
      deadlineSeconds: 'must be at least 1',
    });
  });

  test('and everything else is read in a batch too, of a task and of what all share', async () => {
    const tasks = [
      { prompt: cheap },
      { prompt: cheap, aspectRatio: '9:16', images: [b] },
      { prompt: cheap, image_size: '1K', quality: 'high', mask_url: b },
    ];
    const answer = await server.post<{ data: { task_ids: string[] } }>(
      { imageSize: '2K', aspect_ratio: '1:1', image_urls: [a], quality: 'low', mask: a, tasks },
      `${statusPath}/batch`,
    );
    const ids = answer.body.data.task_ids;
    const requests = ids.map((id) => server.call<{ data: Asked }>(`${statusPath}/${id}/request`));
    const shapes = (await Promise.all(requests)).map(({ body }) => body.data);
    expect(shapes).toMatchObject([
      { aspect_ratio: '1:1', image_size: '2K', image_urls: [a], quality: 'low', mask: a },
      { aspect_ratio: '9:16', image_size: '2K', image_urls: [b], quality: 'low', mask: a },
      { aspect_ratio: '1:1', image_size: '1K', image_urls: [a], quality: 'high', mask: b },
    ]);
  });

  test('that stands in a model’s name is found by that name too', async () => {
    const { task_id: id } = (await server.post({ prompt: cheap, model: 'nano-banana-pro-2k' })).body.data;
    const list = await server.call<{ data: { tasks: { task_id: string; model: string }[] } }>(
      `${statusPath}?model=gemini-3-pro-image-4k`,
    );
    const task = list.body.data.tasks.find((each) => each.task_id === id);
    expect(task).toMatchObject({ model: 'nano-banana-pro' });
  });

  test('that no model makes is refused by the member that asks for it', async () => {
    expect(await faultsOf({ prompt: 'x', aspect_ratio: '5:1' })).toEqual({
      aspect_ratio: expect.stringContaining('16:9'),
    });
    for (const member of ['aspect_ratio', 'image_size', 'size'])
      for (const word of ['huge', '0x0', '1024x', '99999x1x1', '8K', 'x'.repeat(10_000)])
        expect(Object.keys(await faultsOf({ prompt: 'x', [member]: word }))).toEqual([member]);
  });
});

describe('OpenAI’s models', () => {
  test.each(['gpt-image-2', 'GPT-Image-1.5', 'gpt-image-1', 'openai/gpt-image-2', 'chatgpt-image-latest'])(
    '%s is taken, and the warning names what makes the picture',
    async (model) => {
      const body = { model, prompt: 'x', size: '1536x1024', quality: 'high' };
      const answer = await server.post<{ id: string; warnings: string[] }>(body, `${images}?async=true`);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.body.warnings).toEqual([expect.stringMatching(/^model: .*nano-banana-2\.1/)]);
      const task = await server.final(answer.body.id);
      expect(task).toMatchObject({ state: 'succeeded', image_details: [{ width: 1264, height: 848 }] });
      expect(model.toLowerCase()).toContain(task.model);
    },
  );

  test('a name that nobody has is refused with those that there are', async () => {
    expect(await faultsOf({ prompt: 'x', model: 'dall-e-9' })).toEqual({
      model: expect.stringContaining('gpt-image-2'),
    });
  });
});

describe('the model', () => {
  test.each(['model_name', 'modelName'])(
    'is read as %s, and is the default where none has it',
    async (name) => {
      expect((await askedJson({ [name]: 'nano-banana-pro-2k' })).model).toBe('nano-banana-pro');
      expect((await askedJson({ [name]: 'gpt-image-2', model: 'nano-banana-2' })).model).toBe(
        'nano-banana-2',
      );
      const { model, warnings } = await askedJson({ [name]: 'banana' });
      expect(model).toBe('nano-banana-2.1');
      expect(warnings).toEqual([`${name}: no model has this name, so nano-banana-2.1 makes the picture`]);
    },
  );
});

test('a callback in the case of other languages is one, and is refused like one', async () => {
  for (const name of ['callbackUrl', 'callBackUrl', 'callbackURL'])
    expect(await faultsOf({ prompt: 'x', [name]: 'ftp://a' })).toEqual({ [name]: expect.any(String) });
});

describe('how many pictures', () => {
  const names = [
    'n',
    'num_images',
    'number_of_images',
    'numberOfImages',
    'sampleCount',
    'candidateCount',
    'max_images',
  ];
  test.each(names)('is read as %s, and is one where nothing is said', async (name) => {
    for (const value of [1, '1', '', null]) {
      const request = await askedJson({ [name]: value });
      expect(request.warnings).toEqual([]);
      expect(request).not.toHaveProperty('count');
    }
    expect(await askedJson({ [name]: 4 })).toMatchObject({ count: 4, warnings: [] });
    const form = await asked(new URLSearchParams({ prompt: cheap, [name]: '3' }));
    expect(form).toMatchObject({ count: 3, warnings: [] });
  });

  test('goes by its own name before others, which are named', async () => {
    const { count, warnings } = await askedJson({ n: 2, count: 3 });
    expect(count).toBe(3);
    expect(warnings).toEqual(['n: ignored, as count says something else']);
  });

  test.each(names)(
    '%s that is no number from 1 to 10 is refused by every call, by its path',
    async (name) => {
      for (const value of [0, -1, 11, 1.5, '40', 'many', true, [1], {}]) {
        const body = { prompt: 'x', [name]: value };
        const ownFault = {
          [name]: expect.stringMatching(/^must be (a whole number|at least 1|at most 10)$/),
        };
        expect(await faultsOf(body)).toEqual(ownFault);
        expect(await faultsOf({ ...body, image_url: dataUri }, editPath)).toEqual(ownFault);
        expect(await faultsOf({ tasks: [{ prompt: 'x' }, body] }, `${statusPath}/batch`)).toEqual({
          [`tasks[1].${name}`]: ownFault[name],
        });
        expect(await faultsOf({ tasks: [{ prompt: 'x' }], [name]: value }, `${statusPath}/batch`)).toEqual({
          [`tasks[0].${name}`]: ownFault[name],
        });
        const answer = await server.post<{ error: { details: object[] } }>(body, images);
        expect(answer.status).toBe(400);
        expect(answer.body.error.details).toEqual([{ path: name, message: ownFault[name] }]);
      }
    },
  );
});

describe('pictures', () => {
  test.each([
    'images',
    'imageUrls',
    'image_url',
    'imageUrl',
    'input_images',
    'inputImages',
    'image_input',
    'reference_images',
    'referenceImages',
    'reference_image_urls',
    'image',
    'urls',
    'input_image',
    'imageurl',
    'image2',
    'image_url_1',
    'imageUrl3',
  ])('of %s are read as a list and as one', async (name) => {
    for (const value of [
      [a, b],
      `${a},${b}`,
      JSON.stringify([a, b]),
      [{ url: a }, { image_url: { url: b } }],
    ]) {
      const { image_urls, warnings } = await askedJson({ [name]: value }, editPath);
      expect({ image_urls, warnings }).toEqual({ image_urls: [a, b], warnings: [] });
    }
    for (const value of [a, { url: a }, JSON.stringify({ url: a })])
      expect((await askedJson({ [name]: value }, editPath)).image_urls).toEqual([a]);
    const answer = await server.post<{ id: string }>({ prompt: cheap, [name]: a }, images);
    expect((await server.task(answer.body.id)).action).toBe('edit');
  });

  test.each([
    ['image_urls=A&image_urls=B', [a, b]],
    ['image_urls[]=A&image_urls[]=B', [a, b]],
    ['image_urls[0]=A&image_urls[1]=B', [a, b]],
    ['images=A,B', [a, b]],
    ['imageUrls=A, B', [a, b]],
    ['input_images=["A", "B"]', [a, b]],
    ['image={"url": "A"}', [a]],
  ])('of the form %s are read', async (form, links) => {
    const fields = form.split('&').map((field) => {
      const [name = '', value = ''] = field.split('=');
      return [name, value.replace('A', a).replace('B', b)] as const;
    });
    const data = new FormData();
    for (const [name, value] of [['prompt', cheap] as const, ...fields]) data.append(name, value);
    for (const body of [formOf(fields), data])
      expect(await asked(body, {}, editPath)).toMatchObject({ image_urls: links, warnings: [] });
  });

  test.each([
    ['base64', (): unknown => base64],
    ['base64 in b64_json', () => ({ b64_json: base64 })],
    ['base64 in data', () => ({ mime_type: 'image/png', data: base64 })],
    ['a data: URI in url', () => ({ type: 'image_url', image_url: { url: dataUri } })],
    ['Google’s inlineData', () => ({ inlineData: { mimeType: 'image/png', data: base64 } })],
    ['Anthropic’s source', () => ({ type: 'image', source: { type: 'base64', data: base64 } })],
  ])('may be %s', async (_, picture) => {
    for (const value of [picture(), [picture()]])
      expect((await askedJson({ images: value }, editPath)).image_urls).toEqual([
        expect.stringContaining('/input-1.png'),
      ]);
  });

  test('with both data: URIs and links in one text are all found', async () => {
    const { image_urls: links } = await askedJson({ image_urls: `${dataUri},${a},${dataUri}` }, editPath);
    expect(links).toEqual([expect.stringContaining('input-1'), a, expect.stringContaining('input-3')]);
  });

  test('with numbers in their names are taken in that order', async () => {
    const members = { image_2: b, image1: a, image10: `${a}?10`, image3: `${a}?3` };
    expect((await askedJson(members, editPath)).image_urls).toEqual([a, b, `${a}?3`, `${a}?10`]);
    const { image_urls } = await askedJson({ imageurl: a, imageurl2: b }, editPath);
    expect(image_urls).toEqual([a, b]);
  });

  test('whose link was sent as if it were the file are fetched from there', async () => {
    const form = new FormData();
    form.append('prompt', cheap);
    form.append('image', new Blob([a], { type: 'image/png' }), 'ref.png');
    expect((await asked(form, {}, editPath)).image_urls).toEqual([a]);
  });

  test('that stand under several names are one', async () => {
    const members = { image: a, image_urls: [a, b, b], images: [{ url: b }, dataUri], input_image: dataUri };
    expect((await askedJson(members, editPath)).image_urls).toEqual([
      a,
      b,
      b,
      expect.stringContaining('input-4'),
    ]);
  });

  test.each<[unknown, string]>([
    [{ images: 4 }, 'images'],
    [{ images: [7] }, 'images[0]'],
    [{ input_images: [a, { file_id: 'file-1' }] }, 'input_images[1]'],
    [{ image_input: 'cat.png' }, 'image_input[0]'],
    [{ imageUrls: [[a]] }, 'imageUrls[0]'],
    [{ reference_images: [{ url: { url: { url: { url: { url: a } } } } }] }, 'reference_images[0]'],
    [{ image: { b64_json: '*' } }, 'image[0]'],
    [{ image: true }, 'image'],
  ])('that can’t be read are named: %j', async (members, path) => {
    for (const call of [statusPath, editPath])
      expect(Object.keys(await faultsOf({ prompt: 'x', ...(members as object) }, call))).toEqual([path]);
  });

  test('under names that nobody knows are warned of', async () => {
    const { warnings } = await askedJson({ style_reference: [a] });
    expect(warnings).toEqual([expect.stringContaining('style_reference')]);
  });
});

describe('base64 in a form whose plus signs were not encoded', () => {
  const send = async (body: string) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const { image_urls: links } = await asked(body, type, editPath);
    const picture = await fetch(links[0] ?? '');
    return Buffer.from(await picture.arrayBuffer()).toString('base64');
  };

  test.each([
    ['a data: URI', () => `image=${dataUri}`],
    ['base64 alone', () => `images=${base64}`],
    ['a list as text', () => `image_urls=["${dataUri}"]`],
    ['an object as text', () => `images={"b64_json":"${base64}"}`],
  ])('is read as %s', async (_, field) => {
    expect(base64).toContain('+');
    expect(await send(`prompt=${cheap}&${field()}`)).toBe(base64);
  });

  test('is read whichever signs of it were encoded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (encoded) => {
        let at = 0;
        const sent = base64.replaceAll(/[+/=]/g, (sign) =>
          encoded[at++ % encoded.length] ? encodeURIComponent(sign) : sign,
        );
        expect(await send(`prompt=${cheap}&image=data:image/png;base64,${sent}`)).toBe(base64);
      }),
      { numRuns: 15 },
    );
  });
});

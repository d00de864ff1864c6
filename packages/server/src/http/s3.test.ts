import { afterAll, expect, test } from 'vitest';
import { startS3Server, testBucket, testCredentials } from '../pictures/stores/s3-server.fixture.ts';
import { startServer } from './server.fixture.ts';

const s3 = await startS3Server();
afterAll(() => s3.close());
const settings = {
  PICTURE_STORE: 's3',
  S3_BUCKET: testBucket,
  S3_ENDPOINT: s3.endpoint,
  S3_ACCESS_KEY_ID: testCredentials.accessKeyId,
  S3_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
};

test.each(['proxy', 'redirect'])(
  'pictures in a bucket are served (%s), and inputs come from there',
  async (links) => {
    const server = await startServer({ ...settings, S3_LINKS: links });
    const made = await server.final(await server.submit({ prompt: 'a banana' }));
    const link = made.data.images[0]?.url ?? '';
    const answer = await fetch(link, { redirect: 'manual' });
    expect(answer.status).toBe(links === 'proxy' ? 200 : 302);
    if (links === 'redirect') expect(answer.headers.get('location')).toContain(s3.endpoint);
    const picture = await fetch(link);
    expect(picture.headers.get('content-type')).toBe('image/png');
    const bytes = Buffer.from(await picture.arrayBuffer());
    expect(bytes.length).toBe(made.image_details?.[0]?.bytes);

    const body = { prompt: 'at night', image_urls: [`data:image/png;base64,${bytes.toString('base64')}`] };
    const edited = await server.final(await server.submit(body, '/api/gemini/nano-banana-edit'));
    expect(edited.state).toBe('succeeded');
    // A changed signature leads nowhere, to the bucket least of all.
    const forged = await fetch(link.replace(/token=.{4}/, 'token=AAAA'), { redirect: 'manual' });
    expect(forged.status).toBe(403);
  },
);

test('a server whose bucket is not there does not start, and says so', async () => {
  await expect(startServer({ ...settings, S3_BUCKET: 'no-such-bucket' })).rejects.toThrow(/no-such-bucket/);
});

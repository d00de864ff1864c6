// Settings of pictures: how large they may be, how links to them are fetched, where they lie and for how long.

import * as z from 'zod';
import { parseAllowedHosts } from '../lib/addresses.ts';
import type { Setting } from './setting.ts';
import { key, oneOf, trueOrFalse, webAddress, wholeNumber } from './value-types.ts';

const hostList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((entry) => entry !== '') : value),
  z.array(z.string('must be a list of hosts'), 'must be a list of hosts').superRefine((hosts, context) => {
    for (const message of parseAllowedHosts(hosts).faults) context.addIssue({ code: 'custom', message });
  }),
);
const portList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((entry) => entry !== '') : value),
  z.array(wholeNumber(1, 65_535), 'must be a list of ports').min(1, 'must have at least one port'),
);
const days = 24 * 3600;
const mebibyte = 2 ** 20;

export const pictureTable = {
  max_picture_bytes: {
    schema: wholeNumber(1_024, 512 * mebibyte),
    default: 30 * mebibyte,
    about: 'The largest input picture.',
  },
  max_picture_pixels: {
    schema: wholeNumber(1, 1_000_000_000),
    default: 50_000_000,
    about: 'The most pixels of an input picture.',
  },
  heic: {
    schema: trueOrFalse,
    default: true,
    about:
      'Whether HEIC, as iPhones make it, is read. Its coding, H.265, is under patents in some countries; without it such a picture is refused with words that say what to send.',
  },
  fetch_inputs: {
    schema: oneOf('run', 'accept'),
    default: 'run',
    about:
      'When the pictures behind links are fetched: when the task runs, or before its submit is answered, which then says of every link that can’t be had. Either way the copy serves every later try.',
  },
  fetch_timeout_seconds: {
    schema: wholeNumber(1, 600),
    default: 30,
    about: 'How long one input picture may take to fetch.',
  },
  allowed_private_hosts: {
    schema: hostList,
    default: [],
    about:
      'Inside hosts that links may name: names, addresses or networks, each with an optional port, which is then open there. A name that DNS does not know is listed by name. All other links reach public addresses only.',
  },
  link_ports: {
    schema: portList,
    default: [80, 443, 8080, 8443],
    about: 'The ports that links may name, besides those listed with an inside host.',
  },
  fetch_concurrency: {
    schema: wholeNumber(1, 4_096),
    default: 256,
    about: 'Links that are fetched at once.',
  },
  fetch_concurrency_per_address: {
    schema: wholeNumber(1, 4_096),
    default: 16,
    about: 'Of them, from one address.',
  },
  picture_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 5 * days,
    about: 'How long result pictures are kept and their links work, from the end of the task.',
  },
  file_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 5 * days,
    about: 'How long an uploaded file is kept and its link works, where its request says nothing.',
  },
  max_picture_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 30 * days,
    about: 'The most that a request may ask for with `expires_in_seconds`.',
  },
  task_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 30 * days,
    about: 'How long the record of a task is kept from its end; longer where its pictures are.',
  },
  picture_metadata: {
    schema: trueOrFalse,
    default: false,
    about:
      'Whether prompt, model and task id are written into the metadata of result pictures, where everybody can read them who gets the picture.',
  },
  picture_store: {
    schema: oneOf('disk', 's3'),
    default: 'disk',
    about: 'Where pictures lie: in the data folder, or in a bucket of S3 or of a server that speaks S3.',
  },
  s3_bucket: { schema: z.string().min(1), about: 'The bucket. Needed where `picture_store` is `s3`.' },
  s3_region: {
    schema: z.string().min(1),
    default: 'us-east-1',
    about: 'The bucket’s region; `auto` for Cloudflare R2.',
  },
  s3_endpoint: {
    schema: webAddress,
    about: 'Where another server than Amazon’s is reached that speaks S3.',
  },
  s3_path_style: {
    schema: oneOf('true', 'false', 'auto'),
    default: 'auto',
    about:
      'Whether the bucket stands in the path and not in the host name. `auto`: in the path where there is an `s3_endpoint`.',
  },
  s3_prefix: {
    schema: z.string().min(1),
    default: 'plantain/',
    about: 'What the names of all objects begin with. What lies below it is this server’s alone.',
  },
  s3_access_key_id: {
    schema: key,
    about: 'With its secret, what calls are signed with. Default: the usual variables and files of AWS.',
  },
  s3_secret_access_key: { schema: key, secret: true, about: 'Belongs to `s3_access_key_id`.' },
  s3_links: {
    schema: oneOf('proxy', 'redirect'),
    default: 'proxy',
    about:
      '`redirect` sends whoever opens the link of a picture on to the bucket, by a signed link of its own. With `proxy`, and for smaller sizes and other formats, the bytes come through this server.',
  },
} as const satisfies Record<string, Setting>;

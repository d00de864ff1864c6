// Settings of pictures: how large they may be, how links to them are fetched, where they lie and for how long.

import * as z from 'zod';
import { parseAllowedHosts } from '../lib/addresses.ts';
import type { Setting } from './setting.ts';
import { key, oneOf, trueOrFalse, webAddress, wholeNumber } from './value-types.ts';

/** The environment has lists as text. */
const split = (value: unknown) =>
  typeof value === 'string' ? value.split(/[\s,]+/).filter((entry) => entry !== '') : value;
const hostList = z.preprocess(
  split,
  z.array(z.string('must be a list of hosts'), 'must be a list of hosts').superRefine((hosts, context) => {
    for (const message of parseAllowedHosts(hosts).faults) context.addIssue({ code: 'custom', message });
  }),
);
const portList = z.preprocess(
  split,
  z.array(wholeNumber(1, 65_535), 'must be a list of ports').min(1, 'must have at least one port'),
);
const days = 24 * 3600;
const mebibyte = 2 ** 20;

export const pictureTable = {
  max_picture_bytes: {
    schema: wholeNumber(1_024, 512 * mebibyte),
    default: 30 * mebibyte,
    about: 'Maximal size of an input picture, in bytes.',
  },
  max_picture_pixels: {
    schema: wholeNumber(1, 1_000_000_000),
    default: 50_000_000,
    about: 'Maximal number of pixels of an input picture.',
  },
  heic: {
    schema: trueOrFalse,
    default: true,
    about:
      'Accepts HEIC pictures, as iPhones make them. Their coding, H.265, is patented in some countries. Without this setting such a picture is refused with a message that says what to send.',
  },
  fetch_inputs: {
    schema: oneOf('run', 'accept'),
    default: 'run',
    about:
      'Time at which linked pictures are fetched. `run`: when the task runs. `accept`: before the submit is answered, which then names every link that can’t be fetched. In both cases the stored copy serves all later tries.',
  },
  fetch_timeout_seconds: {
    schema: wholeNumber(1, 600),
    default: 30,
    about: 'Seconds that fetching one input picture may take.',
  },
  allowed_private_hosts: {
    schema: hostList,
    default: [],
    about:
      'Inside hosts that links may name: names, addresses or networks, each with an optional port, which is then allowed for it. A host that DNS does not know must be listed by its name. All other links reach public addresses only.',
  },
  link_ports: {
    schema: portList,
    default: [80, 443, 8080, 8443],
    about: 'Ports that links may use, besides those listed with an inside host.',
  },
  fetch_concurrency: {
    schema: wholeNumber(1, 4_096),
    default: 256,
    about: 'Maximal number of links that are fetched at once.',
  },
  fetch_concurrency_per_address: {
    schema: wholeNumber(1, 4_096),
    default: 16,
    about: 'Maximal number of links that are fetched at once from one address.',
  },
  picture_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 5 * days,
    about: 'Seconds from the end of a task for which its result pictures are stored and their links work.',
  },
  input_lifetime: {
    schema: oneOf('needed', 'result'),
    about:
      'Time for which input pictures of tasks are stored. `needed`: until the longest deadline is over. `result`: for `picture_lifetime_seconds` more, so that a task can be run again. Default: `result`, and `needed` for an installation that is older than this setting.',
  },
  file_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 5 * days,
    about: 'Seconds for which an uploaded file is stored and its link works, where its request says nothing.',
  },
  max_picture_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 30 * days,
    about: 'Largest `expires_in_seconds` that a request may ask for.',
  },
  prompt_lifetime_seconds: {
    schema: wholeNumber(0, 3_650 * days),
    about:
      'Seconds from the end of a task for which its prompt is stored; without it the task can’t be tried again. Default: as long as the record.',
  },
  task_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 30 * days,
    about: 'Seconds from the end of a task for which its record is stored; longer where its pictures are.',
  },
  picture_metadata: {
    schema: trueOrFalse,
    default: false,
    about:
      'Writes prompt, model and task id into the metadata of result pictures. Everybody who gets such a picture can read them.',
  },
  picture_store: {
    schema: oneOf('disk', 'shared', 's3'),
    default: 'disk',
    about:
      'Place where pictures are stored. `disk`: the data folder. `shared`: the folder `pictures_dir`, which all servers on one database mount. `s3`: a bucket of S3, or of a server that speaks its API.',
  },
  pictures_dir: {
    schema: z.string().min(1),
    about:
      'Folder of the pictures where `picture_store` is `shared`. Required there. A server does not make it, as it may not be mounted yet.',
  },
  s3_bucket: {
    schema: z.string().min(1),
    about: 'Name of the bucket. Required where `picture_store` is `s3`.',
  },
  s3_region: {
    schema: z.string().min(1),
    default: 'us-east-1',
    about: 'Region of the bucket; `auto` for Cloudflare R2.',
  },
  s3_endpoint: {
    schema: webAddress,
    about: 'Address of a server other than Amazon’s that speaks the API of S3.',
  },
  s3_path_style: {
    schema: oneOf('true', 'false', 'auto'),
    default: 'auto',
    about:
      'Place of the bucket’s name in addresses: the path (`true`) or the host name (`false`). `auto`: the path where `s3_endpoint` is set.',
  },
  s3_prefix: {
    schema: z.string().min(1),
    default: 'plantain/',
    about: 'Beginning of the names of all objects. Everything below it belongs to this server alone.',
  },
  s3_access_key_id: {
    schema: key,
    about:
      'Id of the key that signs calls to the bucket, with `s3_secret_access_key`. Default: the usual variables and files of AWS.',
  },
  s3_secret_access_key: { schema: key, secret: true, about: 'Secret that belongs to `s3_access_key_id`.' },
  s3_links: {
    schema: oneOf('proxy', 'redirect'),
    default: 'proxy',
    about:
      '`redirect` sends a client that opens the link of a picture to a signed link of the bucket. With `proxy`, and always for smaller sizes and other formats, the bytes come through this server.',
  },
} as const satisfies Record<string, Setting>;

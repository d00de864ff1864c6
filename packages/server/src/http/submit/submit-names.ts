// The names of what a submit may have, for whoever takes a body apart without judging it.

/** Where pictures are, as this API and its vendor name it, in the order in which they are taken. */
const ownLinkMembers = ['image_urls', 'image_url', 'image'] as const;

/** Where clients of other servers have pictures: whole lists or one, and each name in the plural and the singular. */
const otherPictures = ['input_image', 'reference_image', 'source_image', 'ref_image', 'init_image'];
const otherMembers = ['image_input', 'image_list', 'image_data', 'image_base64', 'image_file', 'image_link'];
const otherLinks = ['urls', 'img_url', 'input_url', 'picture_url', 'photo_url', 'file_url', 'files_url'];
const otherLinkMembers = [
  'images',
  ...otherPictures.flatMap((name) => [`${name}s`, name, `${name}_urls`, `${name}_url`]),
  ...otherMembers.flatMap((name) => [name, `${name}s`]),
  ...otherLinks.flatMap((name) => (name === 'urls' ? [name] : [`${name}s`, name])),
  'pictures',
  'picture',
  'photos',
  'photo',
];

/** `image_url` in snake case as other languages write it. */
function spellings(name: string): string[] {
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return [name, camel, camel.replace(/Url(s?)$/, 'URL$1'), name.replaceAll('_', '')];
}

/** Clients without lists number their pictures: `image1`, `image_2`, `imageUrl3`; as many as the most that any model takes. */
const numbered = ['image', 'image_url', 'img', 'img_url', 'input_image', 'reference_image'].flatMap(
  spellings,
);
const numbers = Array.from({ length: 16 }, (_, index) => index + 1);
const numberedMembers = numbers.flatMap((number) =>
  numbered.flatMap((name) => [`${name}${number}`, `${name}_${number}`]),
);

/** All of them, in the order in which they are taken. */
export const linkMembers: readonly string[] = [
  ...new Set([
    ...ownLinkMembers,
    ...[...ownLinkMembers, ...otherLinkMembers].flatMap(spellings),
    ...numberedMembers,
  ]),
];
const ranks: ReadonlyMap<string, number> = new Map(linkMembers.map((name, rank) => [name, rank]));

export const isLinkMember = (name: string): boolean => ranks.has(name);

/** Where a mask is, here and at other servers. */
const maskMembers: ReadonlySet<string> = new Set(
  ['mask', 'mask_url', 'mask_image', 'mask_image_url', 'image_mask'].flatMap(spellings),
);

export const isMaskMember = (name: string): boolean => maskMembers.has(name);

/** Where such a member stands in the order in which pictures are taken. */
export const linkRank = (name: string): number => ranks.get(name) ?? Infinity;

export const textMembers = [
  'model',
  'prompt',
  'aspect_ratio',
  'image_size',
  'size',
  'seed',
  'count',
  'quality',
  'background',
  'moderation',
  'priority',
  'deadline_seconds',
  'metadata',
  'expires_in_seconds',
  'callback_url',
  'callback_events',
] as const;

type TextMember = (typeof textMembers)[number];

/** Number of pictures, as clients of other APIs say it. */
const otherCounts = [
  'n',
  'num',
  'num_images',
  'num_image',
  'number_of_images',
  'image_count',
  'images_count',
  'num_outputs',
  'number_of_outputs',
  'num_samples',
  'n_samples',
  'sample_count',
  'candidate_count',
  'max_images',
  'batch_size',
  'batch_count',
].flatMap(spellings);

/**
 * Members under other names: in the case of other languages, and as other servers call them. kie.ai has `callBackUrl`; APIMart
 * `resolution`; EvoLink `quality`, which elsewhere is no size; `model_name` is sent by clients of the vendor's API.
 */
const otherNames: ReadonlyMap<string, TextMember> = new Map<string, TextMember>([
  ...textMembers.flatMap((member) => spellings(member).map((name) => [name, member] as const)),
  ['callBackUrl', 'callback_url'],
  ['ratio', 'aspect_ratio'],
  ['resolution', 'image_size'],
  ['quality', 'image_size'],
  ['model_name', 'model'],
  ['modelName', 'model'],
  ...otherCounts.map((name) => [name, 'count'] as const),
]);

/** The member that a text of this name is for; `undefined` for no text of a submit. */
export const textMemberOf = (name: string): TextMember | undefined => otherNames.get(name);

/** The sides of a picture in pixels, which some clients send apart. */
export const sideMembers = ['width', 'height'] as const;

/** Names by which a body asks for a dry run. */
export const dryRunMembers: readonly string[] = [...new Set(spellings('dry_run'))];

/**
 * Members without an effect on a task: the key was used already, `oversea` names the vendor's own routes, `async` asks for what is done
 * anyway, and a dry run makes no task.
 */
export const withoutEffect: ReadonlySet<string> = new Set(['oversea', 'key', 'async', ...dryRunMembers]);

/** The tasks of a batch, which are bodies themselves. */
export const tasksMember = 'tasks';

/** Of a submit, a batch and its tasks. */
export const submitNames: ReadonlySet<string> = new Set([
  ...linkMembers,
  ...maskMembers,
  ...otherNames.keys(),
  ...sideMembers,
  ...withoutEffect,
  tasksMember,
  'action',
]);

const texts: ReadonlySet<string> = new Set([...otherNames.keys(), ...sideMembers, ...withoutEffect]);

/** Whether a field of this name is text, never a picture, whatever type its content is said to have. */
export const isTextMember = (name: string): boolean => texts.has(name);

/** A name that a caller chose, as much of it as an answer may repeat. */
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

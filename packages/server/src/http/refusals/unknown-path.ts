// Sentences about a path at which there is nothing: what was probably meant, and where all is described.

/** Ends of paths of other APIs, in lower case, and what does here what they are for. `$` stands for the public path. */
const ofOtherApis: readonly (readonly [ends: readonly string[], sentence: string])[] = [
  [['/chat/completions'], 'Chats are answered, with pictures, by POST $/openai/v1/chat/completions.'],
  [
    ['/completions', '/responses', '/messages', ':generatecontent', ':streamgeneratecontent'],
    'Pictures are made by POST $/api/gemini/nano-banana or POST $/v1/images/generations, and in a chat by POST $/openai/v1/chat/completions.',
  ],
  [
    ['/images/edits', '/images/variations', '/images/edit'],
    'Pictures are edited by POST $/api/gemini/nano-banana-edit, by POST $/v1/images/generations with image, and, with the pictures in the answer, by POST $/openai/v1/images/edits.',
  ],
  [['/sse'], 'The Model Context Protocol is spoken at $/mcp, over streamable HTTP.'],
];

/** How many calls of a face are named. */
const maxBeside = 30;

export type DescribeUnknownPath = typeof describeUnknownPath;

/**
 * The sentences of the refusal. `meant` is a path that is like the one in `url`; `publicPath` is what a proxy takes off, without a slash at
 * its end; `beside` are the calls of the same face.
 */
export function describeUnknownPath(
  url: string,
  meant: string | undefined,
  publicPath: string,
  beside: readonly string[] = [],
): string {
  const path = (url.split('?', 1)[0] ?? '').slice(-100).replace(/\/$/, '').toLowerCase();
  const other = ofOtherApis.find(([ends]) => ends.some((end) => path.endsWith(end)))?.[1];
  const help =
    other?.replaceAll('$', () => publicPath) ??
    (meant === undefined ? undefined : `Did you mean ${publicPath}${meant}?`);
  return [
    'There is nothing at this path.',
    ...(help === undefined ? [] : [help]),
    ...(beside.length === 0 ? [] : [`There are ${beside.slice(0, maxBeside).join('; ')}.`]),
    `${publicPath}/docs describes every call, and ${publicPath}/openapi.json does so for programs.`,
  ].join(' ');
}

// Of pictures that are alike byte for byte, one: models and gateways give the same one in two parts of an answer, or behind two links.

import { Buffer } from 'node:buffer';
import type { Upstream, UpstreamResult } from '../../core/upstreams/upstream.ts';

/** The upstream, of whose results each picture is another. */
export function withDistinctPictures(upstream: Upstream): Upstream {
  const { poll } = upstream;
  return {
    ...upstream,
    start: async (request, context) => distinct(await upstream.start(request, context)),
    ...(poll && { poll: async (operation, context) => distinct(await poll(operation, context)) }),
  };
}

/** The first of each, in their order. Few are compared: no adapter gives more than 16. */
function distinct<Answer extends object>(answer: Answer | UpstreamResult): Answer | UpstreamResult {
  if (!('pictures' in answer)) return answer;
  const { pictures } = answer;
  const isFirst = (picture: Uint8Array, index: number) =>
    pictures.slice(0, index).every((earlier) => !isSame(earlier, picture));
  return { ...answer, pictures: pictures.filter(isFirst) };
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0;
}

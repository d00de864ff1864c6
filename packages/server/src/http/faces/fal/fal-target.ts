// Paths of fal's face. Its library calls three hosts, which are `/fal`, `/fal/sync` and `/fal/rest` here, and sends everything to one address where
// it is set to use a proxy, with the address that it means in a header. Ids of apps have any number of parts: `owner/alias` and a path behind
// them, which the library leaves out when it asks for a request.

import type { IncomingHttpHeaders } from 'node:http';

export const falRoot = '/fal';
const targetHeader = 'x-fal-target-url';

/** Places of fal's hosts here. */
const places: Readonly<Record<string, string>> = {
  'queue.fal.run': falRoot,
  'fal.run': `${falRoot}/sync`,
  'rest.fal.ai': `${falRoot}/rest`,
  'rest.alpha.fal.ai': `${falRoot}/rest`,
};
const maxTargetLength = 8_192;
/** First parts of paths below `/fal` that are no owners of apps. */
export const reserved: ReadonlySet<string> = new Set(['sync', 'rest', 'proxy']);
/** Namespaces of fal, which stand before an owner. */
const namespaces: ReadonlySet<string> = new Set(['workflows', 'comfy']);

/** Gives the target of a request as the routes below `/fal` have it; any other target as it is. */
export function falTarget(url: string, headers: IncomingHttpHeaders): string {
  if (!url.startsWith(falRoot)) return url;
  const [path, query] = splitQuery(url);
  if (path.replace(/\/$/, '') !== `${falRoot}/proxy`) return inRoutes(path, query);
  const meant = proxied(headers[targetHeader]);
  return meant === undefined ? url : inRoutes(...splitQuery(meant));
}

/** `undefined` for what is no address of fal's. */
function proxied(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length > maxTargetLength) return undefined;
  const target = URL.parse(header);
  const place = target !== null && Object.hasOwn(places, target.host) ? places[target.host] : undefined;
  return target === null || place === undefined ? undefined : place + target.pathname + target.search;
}

function splitQuery(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)];
}

/** Gives the alias and the path behind it as one part, or leaves the path out, where a request is asked for. */
function inRoutes(path: string, query: string): string {
  const [, , ...all] = path.split('/').filter((part, index) => part !== '' || index === 0);
  const [first = ''] = all;
  const before = first === 'sync' ? [first] : [];
  if (first === 'rest' || first === 'proxy' || !path.startsWith(`${falRoot}/`)) return path + query;
  const parts = all.slice(before.length);
  const ownerAt = namespaces.has(parts[0] ?? '') && parts.length > 2 ? 1 : 0;
  const owner = parts.slice(ownerAt, ownerAt + 1);
  const alias = parts.slice(ownerAt + 1);
  if (alias.length === 0) return path + query;
  const requestAt = alias.indexOf('requests', 1);
  const asked = before.length === 0 && requestAt > 0 ? alias.slice(requestAt) : [];
  const app = asked.length === 0 ? [alias.join('%2F')] : alias.slice(0, 1);
  // fal names the result `/response` in the links that it gives out.
  const rest = asked.length === 3 && asked[2] === 'response' ? asked.slice(0, 2) : asked;
  return [falRoot, ...before, ...owner, ...app, ...rest].join('/') + query;
}

// The address that clients reach the server by, the links that begin with it, and the proxies in front.

import type { Config } from '../../config/settings.ts';
import { advice, fault, fine, type Finding } from './finding.ts';
import type { Answered, Probe } from './probe.ts';

const everyInterface = new Set(['0.0.0.0', '::']);

/** Whether a host to listen on, or that of an address, is this machine alone. */
export function isOnlyHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d+){3}$/.test(host);
}

/** Looks at the settings alone. */
export function checkPublicUrl({ host, public_url: url, trusted_proxies: proxies }: Config): Finding[] {
  const isOpen = !isOnlyHere(host);
  const mend = 'Set PLANTAIN_PUBLIC_URL to the address by which clients reach this server.';
  if (url === undefined && everyInterface.has(host))
    return [
      fault(
        'links',
        `it listens on every interface (${host}), and links begin with the loopback address, which leads clients on other machines to themselves`,
        mend,
      ),
    ];
  if (url === undefined) return [fine('links', `begin with the address that it listens on, ${host}`)];
  const { hostname, protocol } = new URL(url);
  if (isOpen && isOnlyHere(hostname))
    return [
      fault(
        'links',
        `it listens on ${host}, and links begin with ${url}, which leads clients on other machines to themselves`,
        mend,
      ),
    ];
  const found = [fine('links', `begin with ${url}`)];
  if (protocol === 'http:' && !isOnlyHere(hostname) && proxies > 0)
    found.push(
      advice(
        'links',
        `begin with http:, while a proxy is in front`,
        'Where the proxy speaks TLS, begin PLANTAIN_PUBLIC_URL with https:, lest keys and pictures go in the clear.',
      ),
    );
  return found;
}

export interface WayIn {
  findings: Finding[];
  /** Whether a server answers at the address that the settings have. */
  isServed: boolean;
}

/** Asks the server itself, and then by the address of its links, with no key. */
export async function checkWayIn(config: Config, ask: Probe): Promise<WayIn> {
  const { host, port } = config;
  const here = `http://${shownHost(host)}:${port}`;
  const own = port === 0 ? 'no answer' : await ask(`${here}/readyz`);
  const unserved = (finding: Finding): WayIn => ({ findings: [finding], isServed: false });
  if (port === 0)
    return unserved(fine('links', 'the port is drawn at each start, so that no server was asked'));
  if (own === 'no answer')
    return unserved(fine('links', `no server answers at ${here}, so that the way to it was not tried`));
  if (!isPlantain(own))
    return unserved(
      fault(
        'links',
        `something other than Plantain answers at ${here}`,
        'Stop it, or choose another port (PLANTAIN_PORT).',
      ),
    );
  return { findings: [ownState(here, own), ...(await checkOutside(config, here, own, ask))], isServed: true };
}

async function checkOutside(config: Config, here: string, own: Answered, ask: Probe): Promise<Finding[]> {
  const { public_url: url, role } = config;
  // A worker serves no clients: links lead to other servers.
  if (url === undefined || role === 'worker' || new URL(url).host === new URL(here).host) return [];
  const asked = `${url}/readyz`;
  const outside = await ask(asked);
  if (outside === 'no answer')
    return [
      advice(
        'links',
        `${asked} gives no answer from here`,
        'Open it from where clients are: if it fails there too, mend the name, the proxy or the firewall.',
      ),
    ];
  if (!isPlantain(outside))
    return [
      fault(
        'links',
        `${asked} is answered with ${outside.status}, and not by Plantain`,
        'Lead that address, with all paths below it, to this server, or correct PLANTAIN_PUBLIC_URL.',
      ),
    ];
  return checkProxies(config, own, outside);
}

function ownState(here: string, { body }: Answered): Finding {
  if (body['status'] === 'ready') return fine('links', `the server answers at ${here}, and takes work`);
  return fault(
    'links',
    `the server at ${here} takes no work: ${String(body['message'])}`,
    'Mend what it says; until then submits are refused with 503.',
  );
}

const isPlantain = ({ body }: Answered): boolean =>
  body['status'] === 'ready' || body['status'] === 'not ready';

/** A proxy shows by headers that this server never sends. */
function checkProxies(
  { trusted_proxies: trusted, host }: Config,
  own: Answered,
  outside: Answered,
): Finding[] {
  const name = ['via', 'server', 'x-served-by', 'cf-ray'].find(
    (each) => outside.headers.has(each) && !own.headers.has(each),
  );
  if (name !== undefined && trusted === 0)
    return [
      fault(
        'proxies',
        `a proxy answers at the address of links (${name}), and trusted_proxies is 0: every caller seems to have the address of the proxy`,
        'Set PLANTAIN_TRUSTED_PROXIES to the number of proxies, each of which appends to X-Forwarded-For.',
      ),
    ];
  if (trusted > 0 && !isOnlyHere(host))
    return [
      advice(
        'proxies',
        `${trusted} in front are believed, and the port is open on ${host}: whoever reaches it past them can claim any address`,
        'Listen on an address that only the proxies reach (PLANTAIN_HOST), or close the port to others.',
      ),
    ];
  return [fine('proxies', trusted === 0 ? 'none in front was found' : `${trusted} in front are believed`)];
}

/** A server that listens on every interface is asked by the loopback one. */
function shownHost(host: string): string {
  const named = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return named.includes(':') ? `[${named}]` : named;
}

/** Looks at the settings of proxies on the way out, and shows none of their passwords. */
export function checkWayOut(config: Config): Finding[] {
  const {
    https_proxy: https = config.http_proxy,
    http_proxy: http,
    no_proxy: none,
    link_proxy: links,
  } = config;
  const hosts = [
    ...new Set([https, http].flatMap((address) => (address === undefined ? [] : [new URL(address).host]))),
  ];
  if (hosts.length === 0) return [fine('proxies', 'none on the way out')];
  const but = none.length === 0 ? '' : `, but for ${none.length} entries of no_proxy`;
  const found = [
    fine(
      'proxies',
      `calls to upstreams go through ${hosts.join(' and ')}${but}; links and webhooks ${links === 'none' ? 'go directly' : 'too'}`,
    ),
  ];
  if (links === 'by_name')
    found.push(
      advice(
        'proxies',
        'links and webhooks are handed to the proxy by name, so that it alone keeps them from inside hosts',
        'See that it refuses inside addresses, or set PLANTAIN_LINK_PROXY=by_address where this machine can look names up.',
      ),
    );
  return found;
}

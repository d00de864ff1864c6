// Networks of callers: ranges of addresses such as `10.0.0.0/8`, and single addresses.

import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Gives the network that a text names as it is written with its prefix, and `null` for a text that names none. */
export function readNetwork(text: string): string | null {
  const range = parseNetwork(text.trim());
  return range === null ? null : `${range[0].toString()}/${range[1]}`;
}

/** Gives whether an address lies in one of these networks. IPv4 inside of IPv6 is judged as IPv4, and the zone of an address, as in `fe80::1%eth0`, is nothing to it. */
export function createNetworks(texts: readonly string[]): (address: string) => boolean {
  const ranges = texts.flatMap((text) => {
    const range = parseNetwork(text);
    return range === null ? [] : [range];
  });
  return (text) => {
    const plain = text.replace(/%.*/, '');
    if (isAmbiguous(plain) || !ipaddr.isValid(plain)) return false;
    const address = ipaddr.process(plain);
    return ranges.some((range) => range[0].kind() === address.kind() && address.match(range));
  };
}

const lists = new WeakMap<readonly string[], (address: string) => boolean>();

/** Whether a key with these networks may be used from an address. The list is read once. */
export function isWithin(networks: readonly string[], address: string): boolean {
  let has = lists.get(networks);
  if (has === undefined) lists.set(networks, (has = createNetworks(networks)));
  return has(address);
}

function parseNetwork(text: string): Range | null {
  if (isAmbiguous(text)) return null;
  const range = parseRange(text);
  if (range === null || !(range[0] instanceof ipaddr.IPv6) || !range[0].isIPv4MappedAddress()) return range;
  // Callers with IPv4 are judged as such, so a network of them written as IPv6 is that of IPv4; one that reaches beyond it is a slip.
  return range[1] < 96 ? null : [range[0].toIPv4Address(), range[1] - 96];
}

/** Whether the parser reads a text as another address than it names: a zone is left out, and `::10.0.0.1` is taken for `::ffff:10.0.0.1`. */
const isAmbiguous = (text: string): boolean => text.includes('%') || /^::\d+\./.test(text);

function parseRange(text: string): Range | null {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text))
    return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

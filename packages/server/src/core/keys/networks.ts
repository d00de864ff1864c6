// Networks of callers: ranges of addresses such as `10.0.0.0/8`, and single addresses.

import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Gives the network that a text names as it is written with its prefix, and `null` for a text that names none. */
export function readNetwork(text: string): string | null {
  const range = parseNetwork(text.trim());
  return range === null ? null : `${range[0].toString()}/${range[1]}`;
}

/** Gives whether an address lies in one of these networks. IPv4 inside of IPv6 is judged as IPv4. */
export function createNetworks(texts: readonly string[]): (address: string) => boolean {
  const ranges = texts.flatMap((text) => {
    const range = parseNetwork(text);
    return range === null ? [] : [range];
  });
  return (text) => {
    const plain = text.replace(/%.*/, '');
    if (!ipaddr.isValid(plain)) return false;
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
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text))
    return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

// Judges the addresses that a user's URL would make this server call: those of the public internet may be called, and those
// that the operator listed. An address that is not known to be public is refused, so one that can't be parsed is too. So is
// every address of this machine, public or not: a service behind a firewall often trusts all who are on its machine.

import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;
type Range = [Address, number];

/** All of IPv6 that is handed out for global use (RFC 4291 as IANA keeps it); `::/96` and the like lie outside. */
const globalIpv6: Range = [ipaddr.parse('2000::'), 3];
/** NAT64 (RFC 6052): the last four bytes are the IPv4 address that is really called. */
const nat64: Range = [ipaddr.parse('64:ff9b::'), 96];
/** Azure's platform services answer each machine here, in a range that is otherwise public (learn.microsoft.com, "What is IP address 168.63.129.16?"). */
const azurePlatform = '168.63.129.16';

/**
 * Of web servers. A short list rather than all but the known dangerous ones: on any other port may listen what an HTTP request
 * can talk into doing something, and an answer there tells which services run.
 */
const webPorts: readonly number[] = [80, 443, 8080, 8443];

/** Whether an IP address, as text, belongs to the public internet. IPv4 inside of IPv6 (mapped, NAT64) is judged by the inner address. */
export function isPublicAddress(text: string): boolean {
  const address = calledAddress(text);
  if (address?.range() !== 'unicast') return false;
  if (address.kind() === 'ipv4') return address.toString() !== azurePlatform;
  return address.match(globalIpv6) && !isIsatap(address);
}

/** ISATAP (RFC 5214, section 6.1): under any prefix, a router may pass it on to the IPv4 address in the last four bytes. */
function isIsatap(address: Address): boolean {
  const [first = 0, ...rest] = address.toByteArray().slice(8, 12);
  return (first & 0xfc) === 0 && rest.join('.') === '0.94.254';
}

/** Network that is called at an address, for counting: the IPv4 address, or of IPv6 the /64, all of which one machine may have. */
export function calledNetwork(text: string): string {
  const address = calledAddress(text);
  if (address?.kind() !== 'ipv6') return address?.toString() ?? text;
  return address.toByteArray().slice(0, 8).join('.');
}

/** The address that is really called: of IPv4 inside of IPv6 (mapped, NAT64) the inner one. */
function calledAddress(text: string): Address | undefined {
  const address = parseAddress(text);
  return address?.kind() === 'ipv6' && address.match(nat64)
    ? parseAddress(address.toByteArray().slice(12).join('.'))
    : address;
}

function parseAddress(text: string): Address | undefined {
  // The parser takes `::8.8.8.8` for the mapped `::ffff:8.8.8.8`, but a connection to it goes somewhere else.
  if (/^::\d+\./.test(text)) return undefined;
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
    ? ipaddr.process(text)
    : undefined;
}

/** One entry of the operator's list: a host name or a range of addresses. With no port it means the ports that all links may use. */
export interface AllowedHost {
  name: string | undefined;
  range: Range | undefined;
  port: number | undefined;
}

export interface AddressPolicy {
  /** Reason that forbids a connection for a URL with this host (lower case, no brackets) to this address and port; null if nothing does. */
  refusal(host: string, address: string, port: number): 'address' | 'port' | null;
  /**
   * `address` where a URL with this name (lower case, no dot at its end) and port can lead to no address that is allowed, whatever
   * DNS says of it; null where that is not known beforehand.
   */
  nameRefusal(host: string, port: number): 'address' | null;
  /** Reason that forbids a connection for a URL with this name and port where nobody here can say which addresses it has; null if nothing does. */
  unresolvedRefusal(host: string, port: number): 'address' | 'port' | null;
  /** Whether the operator's list has this host by name, with whatever port. */
  listsName(host: string): boolean;
}

/**
 * Allows public addresses that are not this machine's own and what the list names, on `allowedPorts` (80, 443, 8080 and 8443
 * unless given) and on the ports that the list names. `ownAddresses` is asked at each check, as addresses come and go; those
 * of the network interfaces unless given. Throws an `Error` when the list has faults.
 */
export function createAddressPolicy(
  allowedPrivateHosts: readonly string[],
  {
    ownAddresses = interfaceAddresses,
    allowedPorts = webPorts,
  }: { ownAddresses?: () => readonly string[]; allowedPorts?: readonly number[] } = {},
): AddressPolicy {
  const { hosts, faults } = parseAllowedHosts(allowedPrivateHosts);
  if (faults.length > 0) throw new Error(faults.join(' '));
  const isOwn = (address: string): boolean => {
    const called = calledAddress(address)?.toString();
    return ownAddresses().some((own) => parseAddress(own.replace(/%.*/, ''))?.toString() === called);
  };
  function refusal(host: string, text: string, port: number): 'address' | 'port' | null {
    const address = parseAddress(text);
    const entries = address ? hosts.filter((entry) => matches(entry, host, address)) : [];
    if (entries.some((entry) => entry.port === port)) return null;
    const listed = entries.some((entry) => entry.port === undefined);
    if (!listed && (!isPublicAddress(text) || isOwn(text))) return 'address';
    return allowedPorts.includes(port) ? null : 'port';
  }
  function nameRefusal(host: string, port: number): 'address' | null {
    if (isLocalhost(host)) return refusal(host, localhostAddress, port) === 'address' ? 'address' : null;
    // It may lead to any network that is listed.
    const mayBeListed = hosts.some(
      (entry) =>
        (entry.range !== undefined || entry.name === host) &&
        (entry.port === undefined || entry.port === port),
    );
    return isInsideName(host) && !mayBeListed ? 'address' : null;
  }
  return {
    refusal,
    nameRefusal,
    unresolvedRefusal(host, port) {
      if (nameRefusal(host, port) !== null) return 'address';
      const isListed = hosts.some((entry) => entry.name === host && entry.port === port);
      return isListed || allowedPorts.includes(port) ? null : 'port';
    },
    listsName: (host) => hosts.some(({ name }) => name === host),
  };
}

/** Of this machine, and never a question for DNS (RFC 6761, section 6.3). */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Address that every such name means, unless the operator lists it by name. */
export const localhostAddress = '127.0.0.1';

/**
 * Endings under which nothing public can be: of mDNS and of home networks (RFC 6762, RFC 8375), those that RFC 6762, appendix G
 * names for private use, of which ICANN has set `internal` apart, and `localdomain`, which nobody was ever given.
 */
const insideEndings: readonly string[] =
  'local home.arpa internal intranet private corp home lan localdomain'.split(' ');

function isInsideName(host: string): boolean {
  // Two letters are a country's: a few of those have an address of their own, which nothing else without a dot may have
  // (https://www.icann.org/en/announcements/details/new-gtld-dotless-domain-names-prohibited-30-8-2013-en).
  if (!host.includes('.')) return !/^[a-z]{2}$/.test(host);
  return insideEndings.some((ending) => host === ending || host.endsWith(`.${ending}`));
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ address }) => address));
}

function matches({ name, range }: AllowedHost, host: string, address: Address): boolean {
  return range ? isWithin(address, range) : name === host;
}

const isWithin = (address: Address, range: Range): boolean =>
  range[0].kind() === address.kind() && address.match(range);

/** Whether an IP address, as text, lies in a range of `parseAllowedHosts`. */
export function isInRange(text: string, range: NonNullable<AllowedHost['range']>): boolean {
  const address = parseAddress(text);
  return address !== undefined && isWithin(address, range);
}

/**
 * Reads the operator's list: host names, addresses and CIDR ranges, each with an optional `:port` (IPv6 in brackets
 * then). `faults` has a sentence for every entry that can't be read.
 */
export function parseAllowedHosts(entries: readonly string[]): { hosts: AllowedHost[]; faults: string[] } {
  const hosts: AllowedHost[] = [];
  const faults: string[] = [];
  for (const entry of entries) {
    const host = parseEntry(entry.trim());
    if (host) hosts.push(host);
    else
      faults.push(
        `${JSON.stringify(entry)} is not a host name, an IP address or a range such as 10.0.0.0/8 ` +
          '(with a port: minio.local:9000, 10.0.0.7:9000, [fd00::7]:9000).',
      );
  }
  return { hosts, faults };
}

/** `[IPv6]`, IPv6 without brackets (two colons or more, no port), or anything without a colon; then the port. */
const entryShape =
  /^(?:\[(?<bracketed>[^[\]]+)\]|(?<bare>[^[\]:]*:[^[\]:]*:[^[\]]*)|(?<plain>[^[\]:]+))(?::(?<port>\d{1,5}))?$/;
const nameShape =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

function parseEntry(entry: string): AllowedHost | undefined {
  const groups = entryShape.exec(entry)?.groups;
  if (!groups) return undefined;
  const { bracketed, bare, plain, port: portText } = groups;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;

  const host = (bracketed ?? bare ?? plain ?? '').toLowerCase();
  const range = parseRange(host);
  if (range) return { name: undefined, range, port };
  const name = host.replace(/\.$/, '');
  return plain !== undefined && nameShape.test(name) ? { name, range: undefined, port } : undefined;
}

function parseRange(text: string): Range | undefined {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text))
    return ipaddr.parseCIDR(text);
  const address = parseAddress(text);
  return address && [address, address.kind() === 'ipv4' ? 32 : 128];
}

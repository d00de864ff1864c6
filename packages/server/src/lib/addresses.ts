// Which addresses a user's URL may make this server call: those of the public internet, and what the operator listed.
// Refuses whatever it does not know to be public, so an address that can't be parsed is an inside one. So is every
// address of this machine, public or not: what listens behind a firewall often trusts whoever is on the machine.

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
 * Ports below 1024 are for HTTP only (80, 443), and of those above the ones on which some other protocol might be
 * talked into doing something by an HTTP request (fetch.spec.whatwg.org, "port blocking") are left out.
 */
const otherProtocols = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10080,
]);

/** Whether an IP address, as text, belongs to the public internet. IPv4 inside of IPv6 (mapped, NAT64) is judged by the inner address. */
export function isPublicAddress(text: string): boolean {
  const address = calledAddress(text);
  if (address?.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' ? address.toString() !== azurePlatform : address.match(globalIpv6);
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

function isUsualPort(port: number): boolean {
  return port === 80 || port === 443 || (port >= 1024 && !otherProtocols.has(port));
}

/** One entry of the operator's list: a host name or a range of addresses; with no port it means every port. */
export interface AllowedHost {
  name: string | undefined;
  range: Range | undefined;
  port: number | undefined;
}

/** Whether a connection for a URL with this host (lower case, no brackets) may go to this address and port. */
export interface AddressPolicy {
  allows(host: string, address: string, port: number): boolean;
  /** Whether the operator's list has this host by name, with whatever port. */
  listsName(host: string): boolean;
}

/**
 * Allows public addresses that are not this machine's own, on usual ports, and what the list names. `ownAddresses` is
 * asked at each check, as addresses come and go; those of the network interfaces unless given. Throws an `Error` when
 * the list has faults.
 */
export function createAddressPolicy(
  allowedPrivateHosts: readonly string[],
  { ownAddresses = interfaceAddresses }: { ownAddresses?: () => readonly string[] } = {},
): AddressPolicy {
  const { hosts, faults } = parseAllowedHosts(allowedPrivateHosts);
  if (faults.length > 0) throw new Error(faults.join(' '));
  const isOwn = (address: string): boolean => {
    const called = calledAddress(address)?.toString();
    return ownAddresses().some((own) => parseAddress(own.replace(/%.*/, ''))?.toString() === called);
  };
  return {
    allows: (host, address, port) =>
      (isPublicAddress(address) && isUsualPort(port) && !isOwn(address)) ||
      hosts.some((allowed) => matches(allowed, { host, address: parseAddress(address), port })),
    listsName: (host) => hosts.some(({ name }) => name === host),
  };
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries = []) => entries.map(({ address }) => address));
}

function matches(
  allowed: AllowedHost,
  { host, address, port }: { host: string; address: Address | undefined; port: number },
): boolean {
  if (!address || (allowed.port !== undefined && allowed.port !== port)) return false;
  if (!allowed.range) return allowed.name === host;
  return allowed.range[0].kind() === address.kind() && address.match(allowed.range);
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

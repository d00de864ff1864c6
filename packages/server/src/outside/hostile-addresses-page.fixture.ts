// For tests: renders docs/security/hostile-addresses.md from what became of the hostile links.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { sentences } from './hostile-addresses.fixture.ts';
import type { HostileLink, Refusal } from './hostile-addresses.fixture.ts';

const style = join(import.meta.dirname, '../../../../.prettierrc.json');
const refusals = Object.keys(sentences) as Refusal[];

const introduction = (count: number) => `# Hostile addresses

<!-- Made by \`npx vitest run hostile-addresses -u\`; edit packages/server/src/outside/hostile-addresses.fixture.ts instead. -->

Links that a user may hand in and that must lead nowhere: ${count} of them. A test gives each to the fetch that takes input
pictures, with a DNS server on loopback that answers as the table says, while servers listen on every inside address that the
machine has: several of 127.0.0.0/8, ::1, those of its network interfaces, and all of them together. Each link is refused
before any connection, and none of the servers sees one; nor do they when a host that is allowed redirects to the link, when
DNS says outside first and inside later, or when the link names an address of the machine's own interfaces. So that
this can fail, the same test also allows this machine, and then more than 50 of the links reach it.

\`PORT\` is the port of those servers, which the test adds to the ports that links may use. What is not printable ASCII is
written as \`\\u{…}\`, and long repetitions are cut.
`;

/** Meanings of the words in the last column. */
const meanings: Record<Refusal, string> = {
  'no web link': 'It is no URL, or not one of http or https with a host of at most 253 characters.',
  credentials: 'It holds a user name or a password.',
  address: 'It leads to an address that is not public, or more than one, of which one is not.',
  port: 'Its port is none of those that links may use: 80, 443, 8080, 8443, and those that the operator lists.',
  'no such host': 'DNS has no address for its host.',
};

/** The page, as prettier would format it. `outcome` is what was seen, or undefined where a link was not refused in a known way. */
export async function renderPage(rows: (HostileLink & { outcome: Refusal | undefined })[]): Promise<string> {
  const table = (header: string[], cells: string[][]): string =>
    [header, header.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
  const page = [
    introduction(rows.length),
    table(
      ['Refused as', 'Why', 'Links'],
      refusals.map((refusal) => [
        refusal,
        meanings[refusal],
        String(rows.filter(({ outcome }) => outcome === refusal).length),
      ]),
    ),
    table(
      ['Link', 'What it is', 'DNS says', 'Refused as'],
      rows.map(({ url, what, dns = [], outcome }) => [
        shown(url),
        what.replaceAll('@', '\\@'),
        dns.map((entry) => `\`${entry}\``).join(', ') || '-',
        outcome ?? 'FETCHED',
      ]),
    ),
  ].join('\n\n');
  return await format(page, { ...(JSON.parse(readFileSync(style, 'utf8')) as object), parser: 'markdown' });
}

function shown(url: string): string {
  const printable = url
    .replaceAll(/(.{1,2}?)\1{20,}/g, '$1$1$1…')
    .replaceAll(/[^ -~…]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return printable === '' ? '(nothing)' : `\`${printable}\``;
}

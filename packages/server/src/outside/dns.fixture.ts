// For tests: a DNS server on loopback, over UDP, that says of each question what the test wants to hear.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';
import { afterThisTest } from '../lib/ends.fixture.ts';

/**
 * Addresses of the family that was asked for, none of which means that the name has none, and before them names, each of them
 * the alias that the next is known by; or no such name, a fault, or no answer at all.
 */
export type DnsAnswer = readonly string[] | 'absent' | 'fault' | 'silence';

export interface DnsServer {
  /** As a resolver takes it, with the port. */
  address: string;
  /** Every question so far, such as `a.test A`. */
  questions: string[];
  /** Resolves when that many different questions have come. */
  asked(count: number): Promise<void>;
}

const responseCodes = { absent: 3, fault: 2 };

export async function serveDns(answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer): Promise<DnsServer> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    questions.push(`${name} ${type}`);
    const said = answer(name, type);
    if (said !== 'silence') socket.send(reply(query.subarray(0, end), said), from.port, from.address);
    socket.emit('question');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  afterThisTest(async () => {
    socket.close();
    await once(socket, 'close');
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    async asked(count) {
      while (new Set(questions).size < count) await once(socket, 'question');
    },
  };
}

function readQuestion(query: Buffer): { name: string; type: 'A' | 'AAAA'; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return {
    name: labels.join('.').toLowerCase(),
    type: query.readUInt16BE(at + 1) === 1 ? 'A' : 'AAAA',
    end: at + 5,
  };
}

/** `query` is the header and the question; whatever followed them is left out. */
function reply(query: Buffer, said: Exclude<DnsAnswer, 'silence'>): Buffer {
  const addresses = typeof said === 'string' ? [] : said;
  const answer = Buffer.from(query);
  answer.writeUInt16BE(0x8180 + (typeof said === 'string' ? responseCodes[said] : 0), 2);
  for (const [at, count] of [1, addresses.length, 0, 0].entries()) answer.writeUInt16BE(count, 4 + 2 * at);
  // At first that of the question, which stands at byte 12.
  let owner = Buffer.from([0xc0, 12]);
  const records = addresses.map((address) => {
    const isAlias = !ipaddr.isValid(address);
    const data = isAlias ? encodeName(address) : Buffer.from(ipaddr.parse(address).toByteArray());
    const type = isAlias ? 5 : { 4: 1, 16: 28 }[data.length];
    const record = Buffer.concat([
      owner,
      Buffer.from([0, type ?? 0, 0, 1, 0, 0, 0, 60, 0, data.length]),
      data,
    ]);
    if (isAlias) owner = data;
    return record;
  });
  return Buffer.concat([answer, ...records]);
}

function encodeName(name: string): Buffer<ArrayBuffer> {
  const labels = [...name.split('.'), ''];
  return Buffer.concat(labels.map((label) => Buffer.from(String.fromCodePoint(label.length) + label)));
}

// Asks an address once, for the doctor: a short answer, or that there is none.

import { request } from 'undici';

const patienceMs = 5_000;
const maxBytes = 10_000;

export interface Answered {
  status: number;
  headers: Pick<Map<string, unknown>, 'has'>;
  /** An answer that is no object of JSON is an empty one. */
  body: Readonly<Record<string, unknown>>;
}

export type Probe = (url: string) => Promise<Answered | 'no answer'>;

export const probe: Probe = async (url) => {
  try {
    const { statusCode, headers, body } = await request(url, { signal: AbortSignal.timeout(patienceMs) });
    let text = '';
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length > maxBytes) break;
    }
    return { status: statusCode, headers: new Map(Object.entries(headers)), body: parseObject(text) };
  } catch {
    return 'no answer';
  }
};

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

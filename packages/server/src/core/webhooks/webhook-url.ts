// Check of a webhook URL by its text alone, without a look-up of its name. The address that it leads to is checked with every
// connection.

import { isIP } from 'node:net';
import type { AddressPolicy } from '../../lib/addresses.ts';
import { calledBy, insideFault, nameFault, portFault } from '../submit/inside-name.ts';

const longest = 2_048;

/** Finds the fault of a URL, worded to follow the name of its member; `null` where there is none. */
export type CheckWebhookUrl = (url: string) => string | null;

/** Creates the check. `ports` are those allowed for names; the policy judges those of addresses. */
export function createWebhookUrlCheck(
  policy: Pick<AddressPolicy, 'refusal' | 'nameRefusal'>,
  ports: ReadonlySet<number>,
): CheckWebhookUrl {
  return (text) => {
    if (text.length > longest) return `must have at most ${longest} characters`;
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol)) return 'must be an http or https URL';
    if (url.username !== '' || url.password !== '') return 'must have no user name and no password';
    const { host, port } = calledBy(url);
    if (isIP(host) === 0) return nameFault({ policy, ports }, host, port);
    const refusal = policy.refusal(host, host, port);
    if (refusal === 'address') return insideFault(host, port);
    return refusal === 'port' ? portFault(host, port) : null;
  };
}

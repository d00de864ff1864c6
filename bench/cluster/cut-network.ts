// A way to PostgreSQL over a network that can be cut: through a namespace of Linux, whose interface is switched off. Packets are lost then, no
// connection is closed, and what was sent is sent again by TCP when the interface is on.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';

const forwarder = fileURLToPath(new URL('forward.ts', import.meta.url));

/** Of the range for tests of networks, https://www.rfc-editor.org/rfc/rfc2544: a network between the servers and the namespace, and one behind it. */
const front = { outside: '198.18.213.1', inside: '198.18.213.2' };
const back = { outside: '198.18.213.5', inside: '198.18.213.6' };

/** Whether this process may make one. */
export function hasNamespaces(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--net', 'ip', 'link'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export async function startCutNetwork(databaseUrl: string): Promise<DatabaseProxy> {
  await using made = new AsyncDisposableStack();
  const name = `plantain-${process.pid}`;
  const ip = (...words: string[]) => void execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const inside = (...words: string[]) => ip('netns', 'exec', name, 'ip', ...words);
  ip('netns', 'add', name);
  // Its interfaces go with it, and so do their other ends.
  made.defer(() => ip('netns', 'delete', name));
  for (const [letter, net] of [
    ['f', front],
    ['b', back],
  ] as const) {
    const [near, far] = [`pt${process.pid}${letter}`, `in${letter}`];
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('address', 'add', `${net.outside}/30`, 'dev', near);
    ip('link', 'set', near, 'up');
    inside('address', 'add', `${net.inside}/30`, 'dev', far);
    inside('link', 'set', far, 'up');
  }
  const proxy = await startDatabaseProxy(databaseUrl, back.outside);
  made.defer(proxy.close);
  const { port } = new URL(proxy.url);
  const forwarding = await startForwarder(name, port);
  made.defer(forwarding.end);
  const held = made.move();
  return {
    ...proxy,
    url: Object.assign(new URL(proxy.url), { hostname: front.inside }).href,
    hold: () => inside('link', 'set', 'inf', 'down'),
    pass: () => inside('link', 'set', 'inf', 'up'),
    close: () => held.disposeAsync(),
  };
}

/** Listens in the namespace at the port that it forwards to. */
async function startForwarder(namespace: string, port: string) {
  const child = spawn(
    'ip',
    ['netns', 'exec', namespace, process.execPath, forwarder, front.inside, back.outside, port],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const closed = once(child, 'close');
  const [first] = (await Promise.race([once(child.stdout, 'data'), closed])) as unknown[];
  if (!(first instanceof Uint8Array)) throw new Error('The forwarder in the namespace ended.');
  return {
    async end() {
      child.kill();
      await closed;
    },
  };
}

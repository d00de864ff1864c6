// The servers of the cluster, as processes that this one starts, kills, stops and continues.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Book } from './book.ts';

const bin = fileURLToPath(new URL('../../packages/server/bin/plantain-server.js', import.meta.url));

export type Role = 'all' | 'api' | 'worker';

export interface Node {
  name: string;
  role: Role;
  url: string;
  /** File of what it logs. */
  log: string;
  isKilled: boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, `null` where a signal ended it. */
  ended: Promise<number | null>;
}

export interface Nodes {
  readonly all: readonly Node[];
  /** Addresses that clients use, also those of a node that was killed, as no client hears of that. */
  apis(): readonly Node[];
  workers(): readonly Node[];
  start(role: Role, settings?: Record<string, string>): Promise<Node>;
  /** Ends it at once. */
  kill(node: Node): Promise<void>;
  /** Asks all to stop, and records those that don't end with 0. */
  stop(): Promise<void>;
  /** Ends whatever still runs. */
  close(): Promise<void>;
}

export interface NodeOptions {
  directory: string;
  book: Book;
  settings: Record<string, string>;
  /** Upstreams and routes for a node. */
  settingsFor(node: string): string;
}

export function createNodes({ directory, book, settings, settingsFor }: NodeOptions): Nodes {
  const all: Node[] = [];
  let isStopping = false;
  const killAll = () => all.forEach((node) => node.signal('SIGKILL'));
  // Also where an error ends this process, since they would outlive it.
  process.once('exit', killAll);
  const ofRole = (role: Role) => all.filter((node) => node.role === role || node.role === 'all');
  return {
    all,
    apis: () => ofRole('api'),
    workers: () => ofRole('worker').filter(({ isKilled }) => !isKilled),
    async start(role, more = {}) {
      const name = `${role}-${all.filter((node) => node.role === role).length + 1}`;
      const child = launch(
        join(directory, name),
        named({ ...settings, ...more, PLANTAIN_ROLE: role }, name),
        settingsFor(name),
      );
      const log = join(directory, name, 'log');
      const node: Node = {
        name,
        role,
        url: '',
        log,
        isKilled: false,
        signal: (signal) => child.kill(signal),
        ended: new Promise((resolve) => {
          child.once('close', (code) => {
            if (!node.isKilled && !isStopping)
              book.faults.push(`${name} ended by itself, with code ${code}: ${log}`);
            resolve(code);
          });
        }),
      };
      all.push(node);
      node.url = await listening(child, log);
      return node;
    },
    async kill(node) {
      node.isKilled = true;
      node.signal('SIGKILL');
      await node.ended;
    },
    async stop() {
      isStopping = true;
      const alive = all.filter(({ isKilled }) => !isKilled);
      for (const node of alive) node.signal('SIGTERM');
      for (const { name, ended, log } of alive) {
        const code = await ended;
        if (code !== 0) book.faults.push(`${name} ended with ${code} when it was stopped: ${log}`);
      }
    },
    async close() {
      isStopping = true;
      killAll();
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

/** Lets the database tell whose a connection is. */
function named(settings: Record<string, string>, name: string): Record<string, string> {
  const url = new URL(settings['PLANTAIN_DATABASE_URL'] ?? '');
  url.searchParams.set('application_name', name);
  return { ...settings, PLANTAIN_DATABASE_URL: url.href };
}

/** A process group of its own: Ctrl-C in a terminal is for the test, which ends them itself. */
function launch(directory: string, settings: Record<string, string>, file: string): ChildProcess {
  mkdirSync(directory);
  const config = join(directory, 'plantain.yaml');
  writeFileSync(config, file);
  const log = openSync(join(directory, 'log'), 'a');
  const child = spawn(process.execPath, [bin], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      PLANTAIN_CONFIG: config,
      PLANTAIN_DATA_DIR: directory,
      PLANTAIN_PORT: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', log],
    detached: true,
  });
  closeSync(log);
  return child;
}

/** Address that it listens on. */
async function listening(child: ChildProcess, log: string): Promise<string> {
  let printed = '';
  return await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      printed += chunk;
      const url = /(?:listening on|health) +(http:\/\/[^\s/]+)/.exec(printed)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('error', reject);
    child.once('close', (code) =>
      reject(new Error(`A node ended with code ${code} before it listened: ${log}`)),
    );
  });
}

// Part of a core for a process, by the control groups of Linux: two servers and what loads them fit on two cores only where each server has
// less than a whole one.

import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ShareOfCore {
  /** Makes a process, and what it starts, stay within the share. */
  add(pid: number): void;
  /** Resolves when the processes in it have ended and it is gone. */
  remove(): Promise<void>;
}

/** Short, lest a server that has used up its share stands still for long. */
const periodUs = 10_000;
/** Version 2 where it has the processor, else version 1. */
const [versionTwo, versionOne] = ['/sys/fs/cgroup', '/sys/fs/cgroup/cpu'];

/** Gives `null` where this process may not make control groups. */
export function createShareOfCore(name: string, share: number): ShareOfCore | null {
  const isTwo = existsSync(`${versionTwo}/cgroup.controllers`);
  const folder = `${isTwo ? versionTwo : versionOne}/plantain-bench-${process.pid}-${name}`;
  const quotaUs = Math.round(share * periodUs);
  try {
    if (isTwo) writeFileSync(`${versionTwo}/cgroup.subtree_control`, '+cpu');
    mkdirSync(folder);
    if (isTwo) writeFileSync(`${folder}/cpu.max`, `${quotaUs} ${periodUs}`);
    else {
      writeFileSync(`${folder}/cpu.cfs_period_us`, String(periodUs));
      writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quotaUs));
    }
  } catch {
    if (existsSync(folder)) rmdirSync(folder);
    return null;
  }
  return {
    add: (pid) => writeFileSync(`${folder}/cgroup.procs`, String(pid)),
    async remove() {
      // The kernel may need a moment to take away a process that has ended.
      for (let tries = 0; tries < 50; tries += 1) {
        try {
          return rmdirSync(folder);
        } catch {
          await sleep(20);
        }
      }
    },
  };
}

// Processor time bounds work in tests: on a busy machine it is what it is on an idle one, which can't be said of time.

/** Milliseconds of all threads of this process while `work` goes on. */
export async function processorMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

// Test support: how much processor time one turn of the event loop takes. Unlike a wait, it does not depend on what else the machine does.

/** `longestMs` of what has run since. */
export function measureTurns(): { longestMs: () => number; stop: () => void } {
  let longest = 0;
  let before = cpuMs();
  const look = () => {
    const now = cpuMs();
    longest = Math.max(longest, now - before);
    before = now;
  };
  const timer = setInterval(look, 1);
  return {
    longestMs() {
      look();
      return longest;
    },
    stop: () => clearInterval(timer),
  };
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

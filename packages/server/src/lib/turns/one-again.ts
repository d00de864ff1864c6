// Work that is asked for again and again, and that looks at how things are by then: it runs once at a time, and once more where it was
// asked for while it ran.

/** Gives the function that asks for `work`; its promise resolves when no work is left to do, and rejects with what `work` does. */
export function createOneAgain(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let isAsked = false;

  async function run(): Promise<void> {
    try {
      while (isAsked) {
        isAsked = false;
        await work();
      }
    } finally {
      running = null;
    }
  }

  return () => {
    isAsked = true;
    return (running ??= run());
  };
}

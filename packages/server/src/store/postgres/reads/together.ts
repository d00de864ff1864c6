// Reads that are asked for one by one and made together: those of one turn of the event loop are one statement, and while enough
// statements are under way the next one gathers, so that statements grow with the load instead of their number.

/** Reads several; gives a value for each, in their order. */
export type ReadAll<Asked, Value> = (asked: readonly Asked[]) => Promise<Value[]>;

interface Waiting<Asked, Value> {
  asked: Asked;
  resolve: (value: Value) => void;
  reject: (error: unknown) => void;
}

/** Statements at once: one is on its way while another is read. */
const maxUnderWay = 2;
const maxTogether = 200;

/** Gives a read of one. A read sees all that was committed when it was asked for. */
export function createTogether<Asked, Value>(
  readAll: ReadAll<Asked, Value>,
): (asked: Asked) => Promise<Value> {
  let waiting: Waiting<Asked, Value>[] = [];
  let underWay = 0;
  let isPlanned = false;

  async function read(group: readonly Waiting<Asked, Value>[]): Promise<void> {
    try {
      const values = await readAll(group.map(({ asked }) => asked));
      for (const [index, { resolve }] of group.entries()) resolve(values[index] as Value);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async function work(): Promise<void> {
    isPlanned = false;
    if (underWay === maxUnderWay) return;
    underWay += 1;
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxTogether);
      waiting = waiting.slice(maxTogether);
      await read(group);
    }
    underWay -= 1;
  }

  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, resolve, reject });
      if (isPlanned || underWay === maxUnderWay) return;
      isPlanned = true;
      setImmediate(() => void work());
    });
}

// Ports answer reads with promises, because other databases must. SQLite reads at once, on the calling thread, so its reads are written
// without waiting and become asynchronous here.

type Method = (...args: never[]) => unknown;

/** Methods of a port as they are where nobody has to wait. */
export type Synchronous<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Value>
    ? (...args: Args) => Value
    : never;
};

type Asynchronous<Reads> = {
  [Name in keyof Reads]: Reads[Name] extends (...args: infer Args) => infer Value
    ? (...args: Args) => Promise<Value>
    : never;
};

/** Answers each read with a promise; it rejects with whatever the read throws. */
export function asynchronous<Reads extends object>(reads: Reads): Asynchronous<Reads> {
  const entries = Object.entries(reads as Record<string, Method>);
  return Object.fromEntries(
    entries.map(([name, read]) => [name, async (...args: never[]) => read(...args)]),
  ) as Asynchronous<Reads>;
}

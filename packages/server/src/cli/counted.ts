// Numbers as the commands print them.

export const countOf = (count: number): string => count.toLocaleString('en');

/** Whole mebibytes, as a number that people read. */
export const mebibytes = (bytes: number): string => countOf(Math.round(bytes / 2 ** 20));

// What a picture is called where somebody keeps it. The server calls every task's first picture the same, and a folder of downloads can't
// tell them apart then.

const longestWords = 40;
/** The end of an id: it is drawn by lot, while ids of the same minute begin alike. */
const idCharacters = 8;

/** `A-banana-on-the-moon-9f2c11ab-2.png`: words of the prompt where it is known, which task, which of its pictures. */
export function nameOfPicture({
  prompt = '',
  taskId,
  index,
  serverName,
}: {
  prompt?: string | undefined;
  taskId: string;
  /** Its place in the task's pictures; 0 is the first. */
  index: number;
  /** Only its ending is kept. */
  serverName: string;
}): string {
  const ending = /\.\w+$/.exec(serverName)?.[0] ?? '';
  const parts = [wordsOf(prompt), taskId.slice(-idCharacters), index + 1];
  return `${parts.filter((part) => part !== '').join('-')}${ending}`;
}

/** Letters and digits of any script: no system's folders forbid them. Directives to the sandbox say nothing of the picture. */
function wordsOf(prompt: string): string {
  const words = prompt
    .replaceAll(/\[\[.*?\]\]/gs, ' ')
    .normalize()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-');
  return Array.from(words.replace(/^-/, '')).slice(0, longestWords).join('').replace(/-$/, '');
}

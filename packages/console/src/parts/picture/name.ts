// File names of downloaded pictures. The server calls every task's first picture the same, which a folder of downloads can't tell apart.

const maxWordsLength = 40;
/** The end of an id: it is drawn by lot, while ids of the same minute begin alike. */
const idCharacters = 8;

interface Named {
  prompt?: string | undefined;
  taskId: string;
}

/** `A-banana-on-the-moon-9f2c11ab`: words of the prompt where it is known, and the end of the task's id. */
export function nameOfTask({ prompt = '', taskId }: Named): string {
  return [wordsOf(prompt), taskId.slice(-idCharacters)].filter((part) => part !== '').join('-');
}

/** `A-banana-on-the-moon-9f2c11ab-1.png`: the name of the task, a number from an `index` that begins at 0, and the ending of `serverName`. */
export function nameOfPicture({
  index,
  serverName,
  ...named
}: Named & { index: number; serverName: string }): string {
  return `${nameOfTask(named)}-${index + 1}${/\.\w+$/.exec(serverName)?.[0] ?? ''}`;
}

/** Letters and digits of any script: no system's folders forbid them. Directives to the sandbox say nothing of the picture. */
function wordsOf(prompt: string): string {
  const words = withoutDirectives(prompt)
    .normalize()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-');
  return Array.from(words.replace(/^-/, '')).slice(0, maxWordsLength).join('').replace(/-$/, '');
}

/** Pieces between `[[` and `]]`, as the sandbox reads them. */
function withoutDirectives(prompt: string): string {
  const [first, ...pieces] = prompt.split('[[');
  return [first, ...pieces.map((piece) => piece.slice(piece.indexOf(']]') + 1))].join(' ');
}

// Of a clipboard that has text and files: which of them is wanted in a field for text.

/** Some systems put the names of copied files beside the files, which nobody wants to have typed. */
export function isMeantAsText(text: string, fileNames: readonly string[]): boolean {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.some((line) => !fileNames.includes(line));
}

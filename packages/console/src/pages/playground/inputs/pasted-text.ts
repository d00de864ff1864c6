// Decides between text and files where a clipboard with both is pasted into a text field.

/** True where the text is more than the names of the files, which some systems put beside copied files. */
export function isMeantAsText(text: string, fileNames: readonly string[]): boolean {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.some((line) => !fileNames.includes(line));
}

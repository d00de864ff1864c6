// Search in data that the page already has.

/** Whether every word of the search stands somewhere in the text, without regard to case. */
export function hasWords(text: string, search: string): boolean {
  const searched = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

// The beginning of a prompt without the rest of its request, which may have a million characters. The request is JSON whose first member is
// the prompt, as submits make it; any other is read as a whole.

const opening = '{"prompt":"';
/** Characters that one of the prompt's may take in JSON, as `\u0007` does. */
const longestEscape = 6;

/** SQL that reads enough of the column `request` for a prompt's first characters, whose number is the parameter `length`. Both stores know it. */
export const promptText = (request: string, length: string): string =>
  `CASE WHEN substr(${request}, 1, ${opening.length}) = '${opening}'
    THEN substr(${request}, 1, ${opening.length} + ${longestEscape} * ${length}) ELSE ${request} END`;

/** First characters of the prompt in what was read by `promptText`. */
export function toPromptStart(text: string, length: number): string {
  const prompt = text.startsWith(opening)
    ? (JSON.parse(`"${stringOf(text.slice(opening.length))}"`) as string)
    : (JSON.parse(text) as { prompt: string }).prompt;
  return Array.from(prompt).slice(0, length).join('');
}

/** The text up to the quote that ends a string of JSON, or up to where it was cut, without the escape that was cut. */
function stringOf(text: string): string {
  return /^(?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])*/.exec(text)?.[0] ?? '';
}

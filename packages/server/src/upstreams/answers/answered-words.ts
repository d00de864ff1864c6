// The words that come beside a picture, as they may be kept with the task.

/** They are a sentence or two; more than this is not worth storing with a task. */
const maxDescriptionLength = 32_768;

/** `keys` are taken out, the prompt is not: it is the task's own. The warnings say what was cut. */
export function readDescription(
  words: string,
  keys: readonly string[],
): { description: string; warnings: string[] } {
  const shown = keys
    .filter((key) => key !== '')
    .reduce((text, key) => text.replaceAll(key, '[removed]'), words);
  return {
    description: shown.slice(0, maxDescriptionLength).toWellFormed(),
    warnings: shown.length > maxDescriptionLength ? ['The description was too long and was cut.'] : [],
  };
}

// Moves the focus when the element that had it is removed from the results: the browser would move it to the beginning of the page.

/** Focuses the card at the index, or the last one before it, or the title where there is no card. */
export function focusCard(results: HTMLElement | null, index: number): void {
  const cards = [...(results?.querySelectorAll<HTMLElement>('.run') ?? [])];
  const card = cards[Math.min(index, cards.length - 1)];
  if (card === undefined) focusTitle(results);
  else focus(card);
}

export function focusCardOf(element: HTMLElement): void {
  focus(element.closest<HTMLElement>('.run'));
}

export function focusTitle(results: HTMLElement | null): void {
  focus(results?.querySelector<HTMLElement>('.results-title') ?? results);
}

function focus(element: HTMLElement | null): void {
  if (element === null) return;
  // Focusable by script, and no stop of the tab key.
  element.tabIndex = -1;
  element.focus();
}

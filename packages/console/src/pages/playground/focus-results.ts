// Where the focus goes when what had it is taken out of the results: left to itself it would fall back to the beginning of the page.

/** To the card at this place, from 0, or the last one before it; to the results as such where there is none. */
export function focusCard(results: HTMLElement | null, place: number): void {
  const cards = [...(results?.querySelectorAll<HTMLElement>('.run') ?? [])];
  const card = cards[Math.min(place, cards.length - 1)];
  if (card === undefined) focusTitle(results);
  else focus(card);
}

/** To the card that the element is in. */
export function focusCardOf(element: HTMLElement): void {
  focus(element.closest<HTMLElement>('.run'));
}

export function focusTitle(results: HTMLElement | null): void {
  focus(results?.querySelector<HTMLElement>('.results-title') ?? results);
}

function focus(element: HTMLElement | null): void {
  if (element === null) return;
  // For this, and not for the tabulator.
  element.tabIndex = -1;
  element.focus();
}

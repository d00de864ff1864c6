// The few pictures of the console, drawn on a grid of 24 with lines of the text's own colour.

const paths = {
  plantain: 'M4 6c1 8 6 13 16 12-2 3-6 4-10 3C5 19 2 13 4 6Zm0 0 2-2',
  wand: 'm4 20 11-11m-2-2 4 4M17 3v4m-2-2h4M7 5v2M6 6h2m11 8v4m-2-2h4',
  list: 'M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  hook: 'M12 4v9a4 4 0 1 1-4-4M12 4a2 2 0 1 0 0-.010M16 13h4m-3-3 3 3-3 3',
  chart: 'M4 20V4m0 16h16M8 16v-4m4 4V8m4 8v-6',
  key: 'M14 10a4 4 0 1 1-2.500-3.700A4 4 0 0 1 14 10Zm-.500 2L20 18.500V21h-3v-2h-2v-2l-2-2',
  sliders: 'M4 7h10m4 0h2M4 17h2m4 0h10M14 5v4M10 15v4',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 9a8 8 0 0 1 16 0',
  close: 'm6 6 12 12M18 6 6 18',
  plus: 'M12 5v14M5 12h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  download: 'M12 4v11m-5-5 5 5 5-5M4 20h16',
  retry: 'M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4 4',
  code: 'm8 8-4 4 4 4m8-8 4 4-4 4m-2-11-4 14',
  warn: 'M12 3 2 20h20L12 3Zm0 7v4m0 3h.01',
  check: 'm5 13 4 4L19 7',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3 2',
  left: 'm15 5-7 7 7 7',
  right: 'm9 5 7 7-7 7',
  image: 'M4 5h16v14H4zm0 11 5-5 4 4 3-3 4 4M9 9h.01',
  trash: 'M4 7h16M10 11v6m4-6v6M6 7l1 13h10l1-13M9 7V4h6v3',
  zoom: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4 4M11 8v6m-3-3h6',
} as const;

export type IconName = keyof typeof paths;

/** Says nothing to a reader of the screen: what stands beside it, or the label of its button, does. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

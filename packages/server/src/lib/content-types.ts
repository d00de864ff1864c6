// The one table of picture types, and the file extensions that go with them.

const extensions = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/avif', 'avif'],
  ['image/heic', 'heic'],
  ['image/tiff', 'tiff'],
  ['image/bmp', 'bmp'],
]);

/** `png` for `image/png`; `undefined` for a type that is none of ours. No dot. */
export function extensionOf(contentType: string): string | undefined {
  return extensions.get(contentType);
}

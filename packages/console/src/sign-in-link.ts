// The secret of a sign-in link. It stands behind the `#`, which no browser sends anywhere, and is taken out of the address and of the history before
// anything else looks at them.

const shape = /^#sign-in=([\w-]{1,1000})$/;

/** Takes the secret out of the address; `''` where there is none. */
export function takeSignInLink(
  { hash, pathname, search }: Pick<Location, 'hash' | 'pathname' | 'search'>,
  replaceAddress: (address: string) => void,
): string {
  const secret = shape.exec(hash)?.[1];
  if (secret === undefined) return '';
  replaceAddress(pathname + search);
  return secret;
}

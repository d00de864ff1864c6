// Addresses of databases as people are shown them.

/** Names a database and where it is, without the user and the password. The place may be a folder with a socket. */
export function nameOfDatabase(url: string): string {
  const { host, pathname, searchParams } = new URL(url);
  const place = searchParams.get('host') ?? decodeURIComponent(host);
  return `${decodeURIComponent(pathname.slice(1))} at ${place === '' ? 'localhost' : place}`;
}

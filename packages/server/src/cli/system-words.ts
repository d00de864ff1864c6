// Sentences for refusals of the operating system: what happened, why, and which setting mends it.

interface SystemError extends Error {
  code: string;
  syscall: string;
  /** Of a file. */
  path?: string;
  /** Of an address to listen on. */
  address?: string;
  port?: number;
  /** Of a name that was looked up. */
  hostname?: string;
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** Why an address can't be listened on. */
const ofAddresses: Readonly<Record<string, (address: string, port: number) => string>> = {
  EADDRINUSE: (address, port) =>
    `Port ${port} of ${address} is taken by another program, which may be another Plantain. Stop that one, or choose another port ` +
    '(PLANTAIN_PORT).',
  EACCES: (address, port) =>
    `This user may not listen on port ${port} of ${address}; below 1024 most systems allow it to few. Choose a higher port ` +
    '(PLANTAIN_PORT), and let a proxy before it have the other.',
  EADDRNOTAVAIL: (address) =>
    `This machine has no address ${address} to listen on. Choose one that it has (PLANTAIN_HOST): 127.0.0.1 is this machine alone, ` +
    '0.0.0.0 is every address of it.',
  EAFNOSUPPORT: (address) =>
    `This machine has no addresses of the kind of ${address}. Choose one that it has (PLANTAIN_HOST), such as 127.0.0.1 or 0.0.0.0.`,
};

const ofFiles: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'this user’s share of the disk is used up',
  ENOENT: 'there is no such folder, and none can be made',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'a folder is in the place of a file',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  EIO: 'the disk fails',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this machine has too many files open',
};

/** A sentence or two, without what Node says of it. `instead`: what may be chosen in the place of a file or folder. */
export function explainSystemError(
  error: SystemError,
  instead = 'another data directory (PLANTAIN_DATA_DIR)',
): string {
  const { code, syscall, path, address = '', port = 0, hostname } = error;
  if (syscall === 'listen' || syscall === 'bind') {
    const shown = address.includes(':') ? `[${address}]` : address;
    return ofAddresses[code]?.(shown, port) ?? unknown(error);
  }
  if (syscall === 'getaddrinfo')
    return `The name ${hostname ?? ''} leads to no address (${code}). Choose an address of this machine to listen on (PLANTAIN_HOST), such as 127.0.0.1.`;
  const reason = ofFiles[code];
  if (reason === undefined) return unknown(error);
  const what = path === undefined ? 'The data directory' : path;
  return `${what} can’t be used: ${reason}. Mend that, or choose ${instead}.`;
}

function unknown({ message }: Error): string {
  return `The operating system refused: ${message.replace(/\.$/, '')}. The settings are in docs/settings.md.`;
}

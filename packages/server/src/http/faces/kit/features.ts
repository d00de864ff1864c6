// Features of faces, the rows of the table in docs/faces.md.

/** Rows of the table. */
export const features = {
  generate: 'A picture from a prompt',
  edit: 'An edit of pictures that are sent along',
  editLinks: 'An edit of pictures behind links',
  several: 'Several pictures in one call',
  shape: 'Ratio and size, true to the pixels',
  format: 'The format that is asked for',
  stream: 'A stream of events',
  mask: 'A mask',
  options: 'Quality and background',
  models: 'A list of models',
  names: 'Names of models that its clients know',
  warnings: 'Warnings of what was changed or ignored',
  usage: 'Tokens that were used',
  refusal: 'A refusal by content rules',
  invalid: 'A request that is off',
  badKey: 'A bad key',
  wrongPath: 'A wrong path',
  rateLimit: 'A rate limit, obeyed by the client',
  budget: 'An empty budget',
  timeOut: 'A client that times out gets its task when it tries again',
  hangUp: 'The task of a client that hangs up goes on',
  cancel: 'A cancel',
  restart: 'A kill and restart of the server in the middle',
  idempotency: 'A repeat with an Idempotency-Key is no second task',
  webhook: 'A webhook',
  upload: 'An upload of pictures',
} as const;
export type Feature = keyof typeof features;

export interface Cell {
  /** `none`: the API of the face has no such thing. */
  is: 'yes' | 'no' | 'none';
  /** Words of the page beside it: a limit, what is done instead, or why there is no such thing. */
  says?: string;
}

export interface Column {
  title: string;
  prefix: string;
  /** Clients that the tests run, with their versions. */
  clients: string[];
  /** Every feature has one. */
  cells: Record<Feature, Cell>;
}

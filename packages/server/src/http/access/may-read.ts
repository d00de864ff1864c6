// Whether the caller of a stream may go on to read it, as a key may end while its stream is open.

import { isDatabaseAway, RequestError } from '../../core/errors.ts';

/** Whether the caller may still read its stream. Rejects where that can't be found out. */
export async function mayRead<Admitted>(
  { admitAgain }: { admitAgain: () => Promise<Admitted> },
  stillSees: (caller: Admitted) => boolean | Promise<boolean> = () => true,
): Promise<boolean> {
  try {
    return await stillSees(await admitAgain());
  } catch (error) {
    if (error instanceof RequestError && !isDatabaseAway(error)) return false;
    throw error;
  }
}

// Servers of any role on one PostgreSQL database, with pictures in a folder that they share.

import { createDatabase } from '../store/postgres/database/store.fixture.ts';
import { afterThisFile } from '../lib/ends.fixture.ts';
import { startServer, temporaryDirectory, type TestServer } from '../http/server.fixture.ts';

type Options = NonNullable<Parameters<typeof startServer>[1]>;

/** Makes the database; gives the function that starts one more server on it. */
export async function openForSeveral() {
  const { url, drop } = await createDatabase();
  // Ends run the last first: the servers have stopped by then.
  afterThisFile(drop);
  const folder = temporaryDirectory();
  const start = (
    role: 'all' | 'api' | 'worker',
    settings: Record<string, string> = {},
    options: Options = {},
  ): Promise<TestServer> =>
    startServer(
      { DATABASE_URL: url, PICTURE_STORE: 'shared', PICTURES_DIR: folder, ROLE: role, ...settings },
      options,
    );
  return { url, folder, start };
}

// A store in a process of its own, which does what it is told: a test can kill it at any moment, as a machine may.

import { createLocalChanges } from '../../core/tasks/changes.ts';
import { createPostgresStore } from '../postgres/postgres-store.ts';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import type { Store } from '../store.ts';
import type { Asked, Place, Told } from './remote-store.fixture.ts';

function open(place: Place): Store {
  const changes = createLocalChanges();
  if ('url' in place) return createPostgresStore({ url: place.url, changes }).store;
  return openSqliteStore({
    directory: place.directory,
    changes,
    onDeath(error) {
      throw error;
    },
  });
}

const store = open(JSON.parse(process.argv[2] ?? '') as Place) as unknown as Record<
  string,
  (...args: unknown[]) => Promise<unknown>
>;

// The test may have killed it.
const tell = (told: Told) => void process.send?.(told, undefined, undefined, () => {});

process.on('message', ({ number, name, args }: Asked) => {
  store[name]!(...args).then(
    (value) => tell({ number, value }),
    (error: unknown) => tell({ number, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
tell({ number: 0, value: null });

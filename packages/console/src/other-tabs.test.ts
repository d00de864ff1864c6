import { expect, onTestFinished, test } from 'vitest';
import { askTabs, joinTabs } from './other-tabs.ts';

/** A tab that is signed in. */
function tab(channelName: string, key: string, usedAt = 0) {
  const signedOut = Promise.withResolvers<void>();
  const others = joinTabs(channelName, { key, usedAt: () => usedAt, onSignOut: signedOut.resolve });
  onTestFinished(() => others.leave());
  return { ...others, signedOut: signedOut.promise };
}

test('a new tab is given the key of the one that was used last', async () => {
  tab('used', 'first', 1);
  tab('used', 'latest', 3);
  tab('used', 'second', 2);
  expect(await askTabs('used')).toBe('latest');
});

test('where no tab of the same console is signed in, there is no key', async () => {
  tab('another', 'of another server');
  tab('left', 'signed out').leave();
  expect(await askTabs('left')).toBe('');
});

test('who signs out is signed out of all tabs with the same key, and of no other', async () => {
  const first = tab('out', 'same');
  const second = tab('out', 'same');
  const other = tab('out', 'different', 1);
  let hasOtherLeft = false;
  void other.signedOut.then(() => (hasOtherLeft = true));
  first.signOut();
  await second.signedOut;
  expect(await askTabs('out')).toBe('different');
  expect(hasOtherLeft).toBe(false);
});

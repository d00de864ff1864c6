import { expect, onTestFinished, test } from 'vitest';
import { joinTabs } from './other-tabs.ts';

function tab(channelName: string) {
  const signedIn = Promise.withResolvers<string>();
  const signedOut = Promise.withResolvers<void>();
  const others = joinTabs(channelName, { onSignIn: signedIn.resolve, onSignOut: signedOut.resolve });
  onTestFinished(() => others.leave());
  return { ...others, signedIn: signedIn.promise, signedOut: signedOut.promise };
}

test('who signs in or out in one tab is heard of in all others of the console', async () => {
  const [first, second, third] = [tab('one'), tab('one'), tab('one')];
  first.signIn('key_a');
  expect(await Promise.all([second.signedIn, third.signedIn])).toEqual(['key_a', 'key_a']);
  second.signOut();
  await Promise.all([first.signedOut, third.signedOut]);
});

test('a tab of another console and one that has left hear of nothing', async () => {
  const [first, second, other, left] = [tab('two'), tab('two'), tab('another'), tab('two')];
  left.leave();
  first.signIn('key_a');
  await second.signedIn;
  other.signIn('key_b');
  second.signOut();
  await first.signedOut;
  const none = Promise.resolve('none');
  expect(await Promise.race([other.signedIn, left.signedIn, none])).toBe('none');
});

import type { NewWebhookData, RotatedSecretData } from '@plantain/client';
import { useCallback } from 'react';
import { useFormat } from '../../parts/format/format.ts';
import { showOnce } from '../../parts/dialog/secret-once.tsx';
import { useWords } from '../../words/words.ts';
import { webhooksWords } from './words.ts';

/** A function that shows a secret that was just made, of an endpoint or of callback_url. */
export function useShowSecret(): (made: NewWebhookData | RotatedSecretData) => void {
  const say = useWords(webhooksWords);
  const format = useFormat();
  return useCallback(
    (made) => {
      const until = 'previous_secret_expires_at' in made ? made.previous_secret_expires_at : undefined;
      showOnce({
        title: say('secretTitle'),
        secret: made.secret,
        before: [
          say('url' in made ? 'secretOnce' : 'secretNew'),
          ...(until === undefined ? [] : [say('secretBefore', { time: format.time(until) })]),
        ],
        after: say('secretUse'),
      });
    },
    [say, format],
  );
}

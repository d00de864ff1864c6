import type { SubmitBody } from '@plantain/client';
import { Suspense, useState } from 'react';
import { lazyPage } from '../lazy-page.ts';
import { Icon } from '../parts/icon.tsx';
import { useWords } from '../words/words.ts';
import { codeWords } from './words.ts';

const CodeDialog = lazyPage(() => import('./code-dialog.tsx'));

/** Shows a request as code. `bodyOf` is called when somebody wants it. */
export function CodeButton({
  bodyOf,
  count = 1,
  isSmall = false,
}: {
  bodyOf: () => SubmitBody;
  /** How often the page itself sends it. */
  count?: number;
  isSmall?: boolean;
}) {
  const say = useWords(codeWords);
  const [body, setBody] = useState<SubmitBody | null>(null);
  return (
    <>
      <button type="button" className={isSmall ? 'button small' : 'button'} onClick={() => setBody(bodyOf())}>
        <Icon name="code" />
        {say('open')}
      </button>
      {body !== null && (
        <Suspense>
          <CodeDialog body={body} count={count} onClose={() => setBody(null)} />
        </Suspense>
      )}
    </>
  );
}

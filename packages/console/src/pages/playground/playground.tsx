// The page that makes pictures: the form at one side, the results at the other, or below it on a narrow screen.

import { useCallback, useRef } from 'react';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { useWords } from '../../words/words.ts';
import { DropTarget } from './inputs/drop-target.tsx';
import { Form } from './form/form.tsx';
import { Results } from './results/results.tsx';
import { playgroundWords } from './words.ts';
import './playground.css';
import './results/runs.css';

export default function Playground() {
  const say = useWords(playgroundWords);
  const { client } = useSession();
  const models = useLoad(useCallback((signal) => client.models({ signal }), [client]));
  const prompt = useRef<HTMLTextAreaElement>(null);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{say('title')}</h1>
      </div>
      <div className="playground">
        <div className="stack">
          {models.value !== undefined && <Form models={models.value} prompt={prompt} />}
          {models.error !== undefined && <Problem error={models.error} onRetry={models.reload} />}
          {models.value === undefined && models.loading && <Loading />}
        </div>
        <Results prompt={prompt} />
      </div>
      <DropTarget />
    </div>
  );
}

// A request as code, in the language that was chosen last. It comes in a file of its own: not everybody wants it.

import type { SubmitBody } from '@plantain/client';
import { CopyButton } from '../parts/form/copy-button.tsx';
import { Dialog } from '../parts/dialog/dialog.tsx';
import { Choices } from '../pages/playground/form/shapes.tsx';
import { serverUrl } from '../session-calls.ts';
import { createStored, useStoredState } from '../stored.ts';
import { useWords } from '../words/words.ts';
import { type CodeLanguage, codeLanguages, writers } from './as-code.ts';
import { codeWords } from './words.ts';
import './code-dialog.css';

const chosenLanguage = createStored<CodeLanguage>('plantain.code.language.1', 'curl');

export default function CodeDialog({
  body,
  count = 1,
  onClose,
}: {
  body: SubmitBody;
  /** How often the page itself sends it. */
  count?: number;
  onClose: () => void;
}) {
  const say = useWords(codeWords);
  const [language, setLanguage] = useStoredState(chosenLanguage);
  const code = writers[language](body, serverUrl);
  return (
    <Dialog title={say('title')} wide onClose={onClose}>
      <div className="stack">
        <div className="row code-head">
          <Choices
            legend={say('language')}
            options={codeLanguages}
            value={language}
            onChange={(chosen) => setLanguage(codeLanguages.find((each) => each === chosen) ?? language)}
          >
            {(each) => say(codeLanguages.find((name) => name === each) ?? language)}
          </Choices>
          <CopyButton text={code} />
        </div>
        <pre tabIndex={0} aria-label={say(language)}>
          <code>{code}</code>
        </pre>
        <p className="muted">
          {say(`run_${language}`)} {say('key')}
        </p>
        {count > 1 && <p className="muted">{say('many', { count })}</p>}
        {body.image_urls !== undefined && body.image_urls.length > 0 && (
          <p className="muted">{say('links')}</p>
        )}
        {language === 'cli' && body.callback_url !== undefined && (
          <p className="muted">{say('noCallback')}</p>
        )}
      </div>
    </Dialog>
  );
}

import { useState } from 'react';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import type { InputPicture } from '../../parts/picture-inputs.ts';
import { serverUrl } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { asCode, type CodeLanguage, codeLanguages } from './as-code.ts';
import { bodiesOf, type Fields } from './fields.ts';
import { Choices } from './shapes.tsx';
import { playgroundWords } from './words.ts';

export function AsCode({
  fields,
  inputs,
  onClose,
}: {
  fields: Fields;
  inputs: readonly InputPicture[];
  onClose: () => void;
}) {
  const say = useWords(playgroundWords);
  const [language, setLanguage] = useState<CodeLanguage>('curl');
  const [body] = bodiesOf(fields, inputs);
  if (body === undefined) return null;
  const code = asCode(language, body, serverUrl);
  return (
    <Dialog title={say('codeTitle')} wide onClose={onClose}>
      <div className="stack">
        <div className="row code-head">
          <Choices
            legend={say('codeLanguage')}
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
        <p className="muted">{say('codeKey')}</p>
        {fields.count > 1 && <p className="muted">{say('codeMany', { count: fields.count })}</p>}
        {body.image_urls !== undefined && <p className="muted">{say('codeLinks')}</p>}
      </div>
    </Dialog>
  );
}

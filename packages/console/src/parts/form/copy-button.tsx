import { useEffect, useState } from 'react';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { Icon } from '../icon.tsx';

const saidForMs = 1_500;

/** Whether it is on the clipboard now. Pages over plain HTTP from another machine have only the old way. */
async function copy(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const field = document.createElement('textarea');
  field.value = text;
  // In the dialog that may be open, as nothing outside of it can be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  // oxlint-disable-next-line typescript/no-deprecated -- there is no other way here
  const done = document.execCommand('copy');
  field.remove();
  return done;
}

/** Puts the text on the clipboard and says that it did. `label` names what is copied. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const say = useWords(controlWords);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), saidForMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button type="button" className="button small" onClick={() => void copy(text).then(setCopied)}>
      <Icon name={copied ? 'check' : 'copy'} />
      <span aria-live="polite">{copied ? say('copied') : (label ?? say('copy'))}</span>
    </button>
  );
}

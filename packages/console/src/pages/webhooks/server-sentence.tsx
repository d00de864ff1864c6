import { usePreferences } from '../../preferences.tsx';
import { refusalWords } from '../../words/refusals.ts';
import { useWords } from '../../words/words.ts';
import { inChinese } from './server-sentences.ts';

/** Sentence of the server about a delivery or an endpoint: in the person's language where it is known, else as a quotation. */
export function ServerSentence({ text }: { text: string }) {
  const say = useWords(refusalWords);
  const { language } = usePreferences();
  if (language === 'en') return text;
  const chinese = inChinese(text);
  if (chinese !== undefined) return chinese;
  return (
    <>
      {say('serverSaid')} <q lang="en">{text}</q>
    </>
  );
}

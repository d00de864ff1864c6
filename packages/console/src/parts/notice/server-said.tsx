import { refusalWords } from '../../words/refusals.ts';
import { useWords } from '../../words/words.ts';
import './server-said.css';

/** Quotation of the server, of an upstream or of the browser, which is English in every language of the page. */
export function ServerSaid({ text, by = 'server' }: { text: string; by?: 'server' | 'page' }) {
  const say = useWords(refusalWords);
  return (
    <p className="server-said muted">
      <span>{say(`${by}Said`)}</span> <q lang="en">{text}</q>
    </p>
  );
}

import { refusalWords } from '../../words/refusals.ts';
import { useWords } from '../../words/words.ts';
import './server-said.css';

/** A sentence of the server's, of an upstream's or of the browser's: English whatever the person reads, and so a quotation. */
export function ServerSaid({ text, by = 'server' }: { text: string; by?: 'server' | 'page' }) {
  const say = useWords(refusalWords);
  return (
    <p className="server-said muted">
      <span>{say(`${by}Said`)}</span> <q lang="en">{text}</q>
    </p>
  );
}

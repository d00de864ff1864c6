import type { LimitFault } from '@plantain/client';
import type { ReactNode } from 'react';
import { useWords } from '../../words/words.ts';
import { useFormat } from '../format/format.ts';
import { limitFaultTexts } from './limit-fault.ts';
import { limitedWords } from './words.ts';

/** Figures of a budget or a limit that refused a request. */
export default function LimitLine({ fault }: { fault: LimitFault }): ReactNode {
  const say = useWords(limitedWords);
  const format = useFormat();
  return <p className="muted">{limitFaultTexts(fault, say, format).join(' · ')}</p>;
}

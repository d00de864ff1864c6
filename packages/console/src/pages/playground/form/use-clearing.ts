// Clears the form; undo is possible until something is typed or chosen.

import { useState } from 'react';
import { type InputPicture, inputPictures } from '../../../parts/picture/inputs.ts';
import { useStored } from '../../../stored.ts';
import { draft, emptyFields, type Fields } from './fields.ts';

/** List of inputs of a cleared form, compared by identity: any other list is a change. */
const noInputs: readonly InputPicture[] = [];

export interface Clearing {
  clear: () => void;
  /** Absent where there is nothing to undo. */
  undo?: () => void;
}

export function useClearing(): Clearing {
  const fields = useStored(draft);
  const inputs = useStored(inputPictures);
  const [before, setBefore] = useState<{ fields: Fields; inputs: readonly InputPicture[] } | null>(null);
  const isCleared = fields === emptyFields && inputs === noInputs;
  return {
    clear() {
      if (!isCleared) setBefore({ fields, inputs });
      draft.set(() => emptyFields);
      inputPictures.set(() => noInputs);
    },
    ...(before === null || !isCleared ? {} : { undo: () => restore(before) }),
  };
}

function restore(before: { fields: Fields; inputs: readonly InputPicture[] }): void {
  draft.set(() => before.fields);
  // The uploads that were under way ended with the clearing.
  inputPictures.set(() => before.inputs.filter(({ preview }) => preview === undefined));
}

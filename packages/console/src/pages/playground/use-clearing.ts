// Clearing the form, and taking that back for as long as nothing else was typed or chosen since.

import { useState } from 'react';
import { type InputPicture, inputPictures } from '../../parts/picture/inputs.ts';
import { useStored } from '../../stored.ts';
import { draft, emptyFields, type Fields } from './fields.ts';

/** The very list that clearing leaves behind: any other is a change. */
const noInputs: readonly InputPicture[] = [];

export interface Clearing {
  clear: () => void;
  /** Absent where there is nothing to take back. */
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
  // What was on its way to the server has arrived nowhere meanwhile.
  inputPictures.set(() => before.inputs.filter(({ preview }) => preview === undefined));
}

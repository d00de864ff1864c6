// Sends what the form asks for, and has a word with the person first where that would buy a picture a second time.

import type { ModelData } from '@plantain/client';
import { useState } from 'react';
import { serverUrl, storedKey } from '../../session.tsx';
import type { InputPicture } from '../../parts/picture/inputs.ts';
import { bodiesOf, draft, type Fields, randomSeed } from './fields.ts';
import { findRepeat, shareRequests } from './repeats.ts';
import { addRuns } from './runs.ts';

/** A way to the other tabs for as long as the page is open, whatever part of it is shown. */
const otherTabs = shareRequests(`plantain requests ${serverUrl}`, storedKey);

export interface Repeat {
  /** With which the picture was made before. */
  seed: number;
  again: () => void;
  withNewSeed: () => void;
}

export function useGenerate({
  typed,
  fields,
  inputs,
  model,
}: {
  typed: Fields;
  fields: Fields;
  inputs: readonly InputPicture[];
  model: ModelData;
}): { generate: () => void; repeat?: Repeat } {
  const [said, setSaid] = useState<{ typed: Fields; inputs: readonly InputPicture[]; seed: number } | null>(
    null,
  );
  const submit = (asked: Fields, { isMeant }: { isMeant: boolean }) => {
    const bodies = bodiesOf(asked, inputs, model.takes_seed ? randomSeed : undefined);
    const repeated = model.takes_seed && !isMeant ? findRepeat(bodies)?.seed : undefined;
    setSaid(repeated === undefined ? null : { typed, inputs, seed: repeated });
    if (repeated !== undefined) return;
    addRuns(asked, inputs, bodies, model.aspect_ratios);
    otherTabs.tell(bodies);
  };
  const generate = () => submit(fields, { isMeant: false });
  // Whatever was changed since makes it another request.
  if (said === null || said.typed !== typed || said.inputs !== inputs) return { generate };
  return {
    generate,
    repeat: {
      seed: said.seed,
      again: () => submit(fields, { isMeant: true }),
      withNewSeed() {
        draft.set((last) => ({ ...last, seed: '' }));
        submit({ ...fields, seed: '' }, { isMeant: false });
      },
    },
  };
}

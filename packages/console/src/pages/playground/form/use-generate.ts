// Sends the form's requests; where they would buy a picture a second time, the person confirms first.

import type { ModelData } from '@plantain/client';
import { useState } from 'react';
import { signedInKey } from '../../../session.tsx';
import { serverUrl } from '../../../session-calls.ts';
import type { InputPicture } from '../../../parts/picture/inputs.ts';
import { bodiesOf, draft, type Fields, randomSeed } from './fields.ts';
import { findRepeat, shareRequests } from '../requests/repeats.ts';
import { addRuns } from '../requests/runs.ts';

/** Open for as long as the page is, whichever part of it is shown. */
const otherTabs = shareRequests(`plantain requests ${serverUrl}`, signedInKey);

export interface Repeat {
  /** Seed with which the picture was made before. */
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
  const [asked, setAsked] = useState<{ typed: Fields; inputs: readonly InputPicture[]; seed: number } | null>(
    null,
  );
  const submit = (wanted: Fields, { isMeant }: { isMeant: boolean }) => {
    const bodies = bodiesOf(wanted, inputs, model.takes_seed ? randomSeed : undefined);
    const repeated = model.takes_seed && !isMeant ? findRepeat(bodies)?.seed : undefined;
    setAsked(repeated === undefined ? null : { typed, inputs, seed: repeated });
    if (repeated !== undefined) return;
    addRuns(wanted, inputs, bodies, model.aspect_ratios);
    otherTabs.announce(bodies);
  };
  const generate = () => submit(fields, { isMeant: false });
  // Any change since makes it another request.
  if (asked === null || asked.typed !== typed || asked.inputs !== inputs) return { generate };
  return {
    generate,
    repeat: {
      seed: asked.seed,
      again: () => submit(fields, { isMeant: true }),
      withNewSeed() {
        draft.set((last) => ({ ...last, seed: '' }));
        submit({ ...fields, seed: '' }, { isMeant: false });
      },
    },
  };
}

// Every adapter that calls a server, for the suites that hold for all of them.

import { falHarness } from './fal/fal.fixture.ts';
import { geminiHarness } from './gemini/gemini.fixture.ts';
import { nanoBananaHarness } from './nano-banana/nano-banana.fixture.ts';
import { openAiHarness } from './openai/openai.fixture.ts';
import { replicateHarness } from './replicate/replicate.fixture.ts';
import type { UpstreamHarness } from './upstream-harness.fixture.ts';

export const harnesses: readonly UpstreamHarness[] = [
  geminiHarness,
  openAiHarness,
  nanoBananaHarness,
  falHarness,
  replicateHarness,
];

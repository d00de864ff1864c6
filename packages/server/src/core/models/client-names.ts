// Names that clients of other APIs send for models, beside the models' own names and aliases: those in examples of the official clients, and in
// what is built on them. The setting `model_names` adds to them. A name that is nowhere is answered by the default model,
// with a warning.
// Facts as of 2026-11-29: the endpoints of fal.ai and kie.ai, which have one of their own for edits; the models that OpenAI retired on
// 2026-05-12 (developers.openai.com/api/docs/deprecations) and Google on 2026-08-17 or before (ai.google.dev/gemini-api/docs/deprecations), of which
// each names a successor.

/** Names of models here, by the names that clients send, in small letters. */
export const clientNames: Readonly<Record<string, string>> = {
  'fal-ai/nano-banana/edit': 'nano-banana',
  'fal-ai/gemini-25-flash-image': 'nano-banana',
  'fal-ai/gemini-25-flash-image/edit': 'nano-banana',
  'fal-ai/nano-banana-2/edit': 'nano-banana-2',
  'google/nano-banana-2-lite/edit': 'nano-banana-2-lite',
  'fal-ai/nano-banana-pro/edit': 'nano-banana-pro',
  'fal-ai/gemini-3-pro-image-preview/edit': 'nano-banana-pro',
  'google/nano-banana-2.1/edit': 'nano-banana-2.1',
  'google/nano-banana-edit': 'nano-banana',
  'nano-banana-edit': 'nano-banana',
  'google/gemini-2.5-flash-image-preview:free': 'nano-banana',
  'gemini-2.0-flash-exp-image-generation': 'nano-banana',
  'gemini-2.0-flash-preview-image-generation': 'nano-banana',
  'imagen-3.0-generate-002': 'nano-banana-2.1',
  'imagen-4.0-generate-001': 'nano-banana-2.1',
  'imagen-4.0-fast-generate-001': 'nano-banana-2.1',
  'imagen-4.0-ultra-generate-001': 'nano-banana-pro',
  'dall-e-2': 'gpt-image-2',
  'dall-e-3': 'gpt-image-2',
};

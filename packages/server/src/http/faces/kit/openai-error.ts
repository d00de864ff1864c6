// Form of OpenAI's refusals (npm openai 7.59.0, core/error.d.ts).

/** Body of a refusal, as the library's types have it. */
export interface OpenAiError {
  error: {
    message: string;
    type: string;
    /** Member that is to blame; `null` where none is. */
    param: string | null;
    code: string | null;
  };
}

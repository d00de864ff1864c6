// Usage that an upstream counted for a call.

/**
 * Tokens by kind, under names that are the same for every upstream: `input_tokens` (of them `input_image_tokens`), `output_tokens` (of
 * them `output_image_tokens`; thinking counts as output), `total_tokens`.
 */
export type Usage = Record<string, number>;

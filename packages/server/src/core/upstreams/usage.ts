// Counts of an upstream for one call.

/**
 * Tokens by kind, under the same names whatever the upstream calls them: `input_tokens` (of them `input_image_tokens`),
 * `output_tokens` (of them `output_image_tokens`; thinking counts as output), `total_tokens`.
 */
export type Usage = Record<string, number>;

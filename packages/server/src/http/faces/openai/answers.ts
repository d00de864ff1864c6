// Bodies of OpenAI's face, as the library's types have them (npm openai 7.59.0, resources/images.d.ts and models.d.ts).

export interface OpenAiImages {
  /** Unix seconds. */
  created: number;
  data: {
    /** Picture in base64. */
    b64_json?: string;
    /** Signed link, where response_format is url. */
    url?: string;
  }[];
  /** Format of the first picture, by its bytes. */
  output_format?: string;
  /** Width and height of the first picture in pixels, such as 1024x1024. */
  size?: string;
  /** Tokens that the upstream counted; absent where it counts none. */
  usage?: OpenAiUsage;
}

export interface OpenAiUsage {
  input_tokens: number;
  input_tokens_details: { text_tokens: number; image_tokens: number };
  output_tokens: number;
  total_tokens: number;
}

export interface OpenAiModel {
  id: string;
  object: 'model';
  /** Always 0: nobody knows. */
  created: number;
  owned_by: string;
  /** Name that chat programs show. */
  name: string;
  /** Modalities as OpenRouter lists them, by which chat programs tell models that take and make pictures. */
  architecture: { input_modalities: string[]; output_modalities: string[] };
}

export interface OpenAiModels {
  object: 'list';
  data: OpenAiModel[];
}

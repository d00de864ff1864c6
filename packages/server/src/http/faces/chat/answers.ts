// Bodies of chat completions that answer with pictures: OpenAI's (npm openai 7.59.0, resources/chat/completions), and OpenRouter's member
// `images` in the message (openrouter.ai/docs/features/multimodal/image-generation, as of 2026-11).

export interface ChatPicture {
  type: 'image_url';
  image_url: {
    /** A data: URI, or a signed link. */
    url: string;
  };
  /** Number of the picture, counted from 0. */
  index: number;
}

export interface ChatUsage {
  /** Tokens that the upstream counted; 0 where it counts none. */
  prompt_tokens: number;
  /** Tokens that the upstream counted; 0 where it counts none. */
  completion_tokens: number;
  total_tokens: number;
  /** US dollars that the task is charged with; absent where it has no price. */
  cost?: number;
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Unix seconds. */
  created: number;
  /** Model that made the pictures. */
  model: string;
  choices: {
    index: 0;
    message: {
      role: 'assistant';
      /** The model's words, and Markdown with a signed link to each picture. */
      content: string;
      refusal: null;
      images?: ChatPicture[];
    };
    finish_reason: 'stop';
    logprobs: null;
  }[];
  usage: ChatUsage;
  /** Sentences on what was changed or ignored; absent where nothing was. */
  warnings?: string[];
}

/** Piece of an answer that is a stream. */
export interface ChatChunk extends Omit<ChatCompletion, 'object' | 'choices' | 'usage'> {
  object: 'chat.completion.chunk';
  choices: {
    index: 0;
    delta: { role?: 'assistant'; content?: string; images?: ChatPicture[] };
    finish_reason: 'stop' | null;
    logprobs: null;
  }[];
  usage?: ChatUsage | null;
}

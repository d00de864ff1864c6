// Bodies of the Interactions of Gemini's face (npm @google/genai 3.3.0, dist/node/node.d.ts).

/** Error of the calls of interactions, whose code is a word. */
export interface InteractionError {
  error: {
    code: string;
    message: string;
  };
}

export interface Interaction {
  /** Id of the task. */
  id: string;
  object: 'interaction';
  /** Model that the task is for, by the name that it has here. */
  model: string;
  status: 'in_progress' | 'completed' | 'failed' | 'cancelled';
  /** RFC 3339, to the second. */
  created: string;
  updated: string;
  /** Empty until it has ended. */
  steps: InteractionStep[];
  /** Reasons why it failed. */
  errors?: { code: string; message: string }[];
  labels?: Record<string, string>;
  /** Tokens that the upstream counted; absent where it counts none. */
  usage?: {
    total_input_tokens: number;
    total_output_tokens: number;
    total_tokens: number;
  };
}

export interface InteractionStep {
  type: 'model_output';
  content: InteractionContent[];
}

export interface InteractionContent {
  type: 'text' | 'image';
  text?: string;
  mime_type?: string;
  /** Picture in base64. */
  data?: string;
  /** Signed link to the picture, where delivery is uri. */
  uri?: string;
}

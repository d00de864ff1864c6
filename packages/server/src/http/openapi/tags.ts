// Groups of calls in the document.

export const tags = {
  Tasks: 'Submit, ask, list, cancel, retry.',
  Following: 'Being told instead of asking.',
  Batches: 'Up to 1,000 tasks in one call.',
  Pictures: 'What tasks made.',
  Files: 'Pictures that are uploaded once and used as inputs as often as one likes.',
  Webhooks: 'Endpoints of a key, their secrets, and what became of each delivery.',
  Operating: 'For admins, and for what watches the process.',
  v1: 'The same tasks as clients of the v1 API call them: no envelope, numbers for times.',
  APIMart: 'For clients of APIMart: set their base URL to /apimart/v1.',
  EvoLink: 'For clients of EvoLink and ToAPIs: set their base URL to /evolink/v1.',
  sub2api: 'For clients of sub2api’s asynchronous pictures: set their base URL to /sub2api/v1.',
  fal: 'For clients of fal: queue.fal.run is /fal, fal.run /fal/sync, rest.fal.ai /fal/rest, and a proxy of the library /fal/proxy.',
  Replicate: 'For clients of Replicate: set their base URL to /replicate/v1.',
  OpenAI: 'For clients of OpenAI: set their base URL to /openai/v1. Calls wait for their task.',
  Gemini:
    'For clients of Google’s Gemini: set their base URL to /gemini. Their key may be in X-Goog-Api-Key.',
  'OpenAI chat':
    'Chat completions that answer with pictures, for chat programs and clients of OpenRouter. Calls wait for their task.',
} as const;

// Small clients of the dialects, written by what the vendors' pages tell their users to send and to read: they look at nothing else of an answer.

/** State of a task as a client understands it. */
export interface Seen {
  isDone: boolean;
  /** Links of the pictures, once they are there. */
  urls: string[];
  /** Reason for which it failed; the vendor's word for it before a colon where it has one. */
  failure?: string;
  /** 0 to 100, where the vendor tells. */
  progress?: number;
}

export interface DialectClient {
  /** Gives the task's id. Rejects with `DialectFailure`. */
  submit(body: Record<string, unknown>, headers?: Record<string, string>): Promise<string>;
  ask(id: string): Promise<Seen>;
  /** Gives a link to use as an input; absent where the vendor has no such call. */
  upload?(picture: Blob): Promise<string>;
  /** Submits an edit of pictures that are sent along; absent where the vendor has no such call. */
  edit?(form: FormData): Promise<string>;
}

/** Refusal as a client reads it. */
export class DialectFailure extends Error {
  readonly status: number;
  /** The vendor's word for it. */
  readonly type: string;
  readonly retryAfter: string | null;

  constructor(status: number, error: { type?: string; message?: string }, retryAfter: string | null) {
    super(error.message ?? 'no message');
    this.status = status;
    this.type = error.type ?? 'no type';
    this.retryAfter = retryAfter;
  }
}

export interface Access {
  /** Origin of the server and the prefix, as a base URL is set. */
  baseUrl: string;
  key: string;
}

interface Got<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

async function call<Body>(
  { baseUrl, key }: Access,
  path: string,
  { json, form, headers = {} }: { json?: unknown; form?: FormData; headers?: Record<string, string> } = {},
): Promise<Got<Body>> {
  const sent = json === undefined ? form : JSON.stringify(json);
  const answer = await fetch(new URL(path, `${baseUrl}/`), {
    ...(sent === undefined ? {} : { method: 'POST', body: sent }),
    headers: {
      Authorization: `Bearer ${key}`,
      ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
  });
  const body = (await answer.json()) as Body & { error?: { type?: string; message?: string } };
  if (!answer.ok)
    throw new DialectFailure(answer.status, body.error ?? {}, answer.headers.get('retry-after'));
  return { status: answer.status, headers: answer.headers, body };
}

const formOf = (picture: Blob) => {
  const form = new FormData();
  form.set('file', picture, 'photo.png');
  return form;
};

interface ApimartAnswer {
  code: number;
  data: { status: string; task_id: string }[];
}
interface ApimartState {
  code: number;
  data: {
    id: string;
    status: string;
    progress: number;
    result?: { images: { url: string[]; expires_at: number }[] };
    error?: { message: string; type: string };
  };
}

/** https://docs.apimart.ai/en/api-reference/tasks/status */
export function apimartClient(access: Access): DialectClient {
  const submitted = ({ body: { code, data } }: Got<ApimartAnswer>) => {
    const [task] = data;
    if (code !== 200 || task?.status !== 'submitted') throw new Error('not submitted');
    return task.task_id;
  };
  return {
    submit: async (json, headers = {}) =>
      submitted(await call(access, 'images/generations', { json, headers })),
    edit: async (form) => submitted(await call(access, 'images/edits', { form })),
    async ask(id) {
      const { body } = await call<ApimartState>(access, `tasks/${id}?language=en`);
      const { status, progress, result, error } = body.data;
      if (body.code !== 200 || body.data.id !== id) throw new Error('not the task');
      if (!['pending', 'processing', 'completed', 'failed', 'cancelled'].includes(status))
        throw new Error(`unknown status ${status}`);
      return {
        isDone: status === 'completed' || status === 'failed' || status === 'cancelled',
        urls: status === 'completed' ? (result?.images.flatMap(({ url }) => url) ?? []) : [],
        ...(error === undefined ? {} : { failure: `${status}: ${error.message}` }),
        progress,
      };
    },
    upload: async (picture) =>
      (await call<{ url: string }>(access, 'uploads/images', { form: formOf(picture) })).body.url,
  };
}

interface EvolinkState {
  id: string;
  object: string;
  model: string;
  status: string;
  progress: number;
  results: string[];
  created: number;
  type: string;
  task_info: { can_cancel: boolean };
  error?: { code: string; message: string };
}

/** https://docs.evolink.ai/en/api-manual/task-management/get-task-detail */
export function evolinkClient(access: Access): DialectClient {
  const known = new Set(['pending', 'processing', 'completed', 'failed']);
  return {
    async submit(json, headers = {}) {
      const { body } = await call<EvolinkState>(access, 'images/generations', { json, headers });
      if (body.object !== 'image.generation.task' || body.status !== 'pending') throw new Error('no task');
      return body.id;
    },
    async ask(id) {
      const { body } = await call<EvolinkState>(access, `tasks/${id}`);
      const { status, progress, results, error } = body;
      if (body.id !== id || body.type !== 'image' || !known.has(status)) throw new Error('not the task');
      const isDone = status === 'completed' || status === 'failed';
      if (isDone === body.task_info.can_cancel) throw new Error('can_cancel is off');
      return {
        isDone,
        urls: results,
        ...(status === 'failed' ? { failure: `${error?.code}: ${error?.message}` } : {}),
        progress,
      };
    },
  };
}

interface ToApisState {
  id: string;
  status: string;
  progress: number;
  created_at: number;
  result?: { type: string; data: { url: string }[] };
  error?: { message: string };
}

/** https://docs.toapis.com/docs/en/api-reference/tasks/image-status */
export function toApisClient(access: Access): DialectClient {
  return {
    submit: async (json, headers = {}) =>
      (await call<ToApisState>(access, 'images/generations', { json, headers })).body.id,
    async ask(id) {
      const { body } = await call<ToApisState>(access, `images/generations/${id}`);
      const { status, progress, result, error } = body;
      return {
        isDone: status === 'completed' || status === 'failed',
        urls: status === 'completed' ? (result?.data.map(({ url }) => url) ?? []) : [],
        ...(status === 'failed' ? { failure: error?.message ?? 'no reason' } : {}),
        progress,
      };
    },
    async upload(picture) {
      const { body } = await call<{ success: boolean; data: { url: string } }>(access, 'uploads/images', {
        form: formOf(picture),
      });
      if (!body.success) throw new Error('not kept');
      return body.data.url;
    },
  };
}

interface Sub2apiState {
  id: string;
  task_id: string;
  object: string;
  status: string;
  poll_url?: string;
  http_status?: number;
  image_url?: string;
  result?: { created: number; data: { url: string }[] };
  error?: { type: string; message: string };
}

/** docs/ASYNC_IMAGE_TASKS.md of Wei-Shaw/sub2api. It polls where `Location` says, on the origin of its base URL alone. */
export function sub2apiClient(access: Access): DialectClient {
  const pollPaths = new Map<string, string>();
  const submitted = ({ status, headers, body }: Got<Sub2apiState>) => {
    const location = headers.get('location');
    if (status !== 202 || location === null || location !== body.poll_url) throw new Error('no task');
    if (headers.get('retry-after') !== '3' || body.id !== body.task_id) throw new Error('not as documented');
    pollPaths.set(body.id, location);
    return body.id;
  };
  return {
    submit: async (json, headers = {}) =>
      submitted(await call(access, 'images/generations/async', { json, headers })),
    edit: async (form) => submitted(await call(access, 'images/edits/async', { form })),
    async ask(id) {
      const path = pollPaths.get(id) ?? `images/tasks/${id}`;
      const { headers, body } = await call<Sub2apiState>(access, path);
      const { status, result, error, http_status: wouldBe, image_url: first } = body;
      if (headers.get('cache-control') !== 'no-store') throw new Error('a cache would keep it');
      if (status === 'processing' && headers.get('retry-after') === null) throw new Error('when?');
      const urls = result?.data.map(({ url }) => url) ?? [];
      if (status === 'completed' && (wouldBe !== 200 || first !== urls[0])) throw new Error('no picture');
      return {
        isDone: status === 'completed' || status === 'failed',
        urls,
        ...(status === 'failed' ? { failure: `${wouldBe} ${error?.type}: ${error?.message}` } : {}),
      };
    },
  };
}

interface VendorState {
  id: string;
  state: string;
  progress: number;
  data: { images: { url: string; file_name: string }[] };
  message?: string;
}

/** Clients of the vendor's v1 family: docs/moving-from-the-vendor.md says what they read. */
export function vendorClient(access: Access): DialectClient {
  return {
    submit: async (json, headers = {}) =>
      (await call<VendorState>(access, 'images/generations?async=true', { json, headers })).body.id,
    edit: async (form) => (await call<VendorState>(access, 'images/generations', { form })).body.id,
    async ask(id) {
      const { state, progress, data, message } = (await call<VendorState>(access, `tasks/${id}`)).body;
      if (!['pending', 'running', 'succeeded', 'error'].includes(state)) throw new Error('unknown state');
      return {
        isDone: state === 'succeeded' || state === 'error',
        urls: data.images.map(({ url }) => url),
        ...(state === 'error' ? { failure: message ?? 'no reason' } : {}),
        progress,
      };
    },
  };
}

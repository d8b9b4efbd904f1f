/** Calls the API as a shop would, and keeps what came back whole. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed JSON, undefined when there was none. */
  body: unknown;
}

type HeaderFields = Record<string, string>;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const createClient = (endpoint: string) => {
  /** Sends `body` as it is. */
  const send = async (
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    headers: HeaderFields = {},
  ): Promise<Answer> => {
    const response = await fetch(`${endpoint}${path}`, { method, headers, body: body ?? null });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };

  const sendJson = (method: string, path: string, body: unknown, headers: HeaderFields = {}) =>
    body === undefined
      ? send(method, path, undefined, headers)
      : send(method, path, JSON.stringify(body), {
          "Content-Type": "application/json",
          ...headers,
        });

  return {
    send,
    get: (path: string, headers?: HeaderFields) => send("GET", path, undefined, headers),
    put: (path: string, body: unknown, headers?: HeaderFields) =>
      sendJson("PUT", path, body, headers),
    post: (path: string, body?: unknown, headers?: HeaderFields) =>
      sendJson("POST", path, body, headers),
    delete: (path: string) => send("DELETE", path),
    patch: (path: string, body: unknown, headers?: HeaderFields) =>
      sendJson("PATCH", path, body, headers),
  };
};

export type Client = ReturnType<typeof createClient>;

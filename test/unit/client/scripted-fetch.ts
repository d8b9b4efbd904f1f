/** A `fetch` that answers from a script, and records all requests. */
export interface SentRequest {
  method: string;
  url: string;
  headers: Headers;
  body: string | null;
}

/** A status, an answer, or an error that the network fails with. The last entry answers all further requests. */
export type ScriptEntry = number | Response | Error | (() => Response | Promise<Response>);

export const scriptedFetch = (...script: ScriptEntry[]) => {
  const requests: SentRequest[] = [];
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const { method = "GET", body, signal } = init;
    const headers = new Headers(init.headers);
    requests.push({ method, url: String(input), headers, body: (body ?? null) as string | null });
    const entry = script.length > 1 ? script.shift() : script[0];
    if (entry instanceof Error) throw entry;
    if (typeof entry === "number") return json(entry, { message: `Status ${entry}` });
    const answer = typeof entry === "function" ? entry() : entry!.clone();
    return Promise.race([answer, abortOf(signal)]);
  };
  return { fetch: fetch as typeof globalThis.fetch, requests };
};

export const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers });

export const problem = (status: number, code: string, members: object = {}) =>
  json(status, {
    type: "",
    title: "",
    status,
    detail: "In words.",
    code,
    requestId: "r-1",
    ...members,
  });

export const neverAnswers = (): Promise<Response> => new Promise(() => {});

const abortOf = (signal: AbortSignal | null | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
  });

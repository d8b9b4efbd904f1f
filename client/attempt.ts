/** One attempt of a call: authorize, send, read the answer. */
import { readAnswer, type Answer } from "./answer.ts";
import type { UnsignedRequest } from "./authorization.ts";
import type { Settings } from "./options.ts";
import { TimeLimitError, withTimeLimit } from "./time.ts";

/** An answer, or the reason for which there is none. A request whose answer is lost may have been applied. */
export type Attempt = { answer: Answer } | { lost: unknown };

/**
 * Rejects with the reason of the signal when that is aborted, and with the error of a function that was to return a
 * token or credentials.
 */
export const sendOnce = async (
  settings: Settings,
  request: UnsignedRequest,
  timeLimitMs: number,
  signal: AbortSignal | undefined,
): Promise<Attempt> => {
  try {
    return await withTimeLimit(timeLimitMs, signal, (limit) => send(settings, request, limit));
  } catch (error) {
    if (error instanceof TimeLimitError) return { lost: error };
    throw error;
  }
};

async function send(
  { authorization, fetch }: Settings,
  request: UnsignedRequest,
  signal: AbortSignal,
): Promise<Attempt> {
  const headers = await authorization(request);
  const { method, url, body } = request;
  try {
    // A redirect would lead away from the API, with a GET in place of the call.
    const response = await fetch(url, { method, headers, body, signal, redirect: "manual" });
    return { answer: await readAnswer(response) };
  } catch (cause) {
    return { lost: cause };
  }
}

import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls with a signal that aborts after `limitMs` or with `outer`, and rejects then even if the
 * call does not settle.
 */
export const bounded = async <Result>(
  limitMs: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const controller = new AbortController();
  const { signal } = controller;
  const relay = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(
    () => controller.abort(new Error(`No answer within ${Math.round(limitMs)} ms.`)),
    Math.max(limitMs, 0),
  );
  try {
    if (outer?.aborted) relay();
    outer?.addEventListener("abort", relay, { once: true });
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    return await Promise.race([call(signal), aborted]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", relay);
  }
};

/** Sleeps; resolves early, and does not reject, when the signal aborts. */
export const pause = async (durationMs: number, signal?: AbortSignal): Promise<void> => {
  if (durationMs <= 0 || signal?.aborted) return;
  await sleep(durationMs, undefined, signal && { signal }).catch(() => {});
};

/**
 * Waits for a change; ends without it after `limitMs` or when the caller gave up. What keeps it from
 * hearing of the change, the next attempt will tell.
 */
export const untilChange = (
  change: (signal: AbortSignal) => Promise<void>,
  limitMs: number,
  gaveUp: AbortSignal,
): Promise<void> => bounded(limitMs, gaveUp, change).catch(() => {});

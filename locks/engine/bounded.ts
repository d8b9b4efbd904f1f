import type { Timers } from "../locks.ts";

/**
 * Calls with a signal that aborts after `limitMs` or with `outer`, and rejects then even if the
 * call does not settle.
 */
export const bounded = async <Result>(
  timers: Timers,
  limitMs: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  const controller = new AbortController();
  const { signal } = controller;
  const relay = (): void => controller.abort(outer?.reason);
  const cancel = timers.start(Math.max(limitMs, 0), () =>
    controller.abort(new Error(`No answer within ${Math.round(limitMs)} ms.`)),
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
    cancel();
    outer?.removeEventListener("abort", relay);
  }
};

/** Sleeps; resolves early, and does not reject, when the signal aborts. */
export const pause = async (
  timers: Timers,
  durationMs: number,
  signal?: AbortSignal,
): Promise<void> => {
  if (durationMs <= 0 || signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = timers.start(durationMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
};

/**
 * Waits for a change; ends without it after `limitMs` or when the caller gave up. What keeps it from
 * hearing of the change, the next attempt will tell.
 */
export const untilChange = (
  timers: Timers,
  change: (signal: AbortSignal) => Promise<void>,
  limitMs: number,
  gaveUp: AbortSignal,
): Promise<void> => bounded(timers, limitMs, gaveUp, change).catch(() => {});

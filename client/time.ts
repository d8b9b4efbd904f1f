/** Waits and limits of time that leave no timer behind. */

/** The time of a clock that never jumps, in milliseconds. */
export const monotonicMs = (): number => performance.now();

/** Resolves after this time, or as soon as the signal is aborted. */
export const wait = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });

/** Work took longer than its limit. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/**
 * Rejects with a TimeLimitError when the work takes longer than this time, and with the reason of the signal when
 * that is aborted. The signal that the work gets is aborted in both cases.
 */
export const withTimeLimit = async <Result>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> => {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const abort = () => limit.abort(signal?.reason);
  const timer = setTimeout(
    () => limit.abort(new TimeLimitError(`No answer arrived within ${Math.ceil(ms)} ms.`)),
    ms,
  );
  signal?.addEventListener("abort", abort);
  try {
    return await Promise.race([work(limit.signal), rejection(limit.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
};

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

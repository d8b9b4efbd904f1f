import { LockError } from "../lock-error.ts";
import type { Wanted } from "./arguments.ts";
import { startStopwatch } from "./stopwatch.ts";
import type { Settings } from "./settings.ts";

/** How long one caller waits, and when it gives up. */
export interface Wait {
  /** Until when another attempt may begin, in milliseconds from now. */
  leftMs: () => number;
  /** Aborts when the caller no longer waits for an answer; its reason is a LockError. */
  gaveUp: AbortSignal;
  end: () => void;
}

/** Gives up at once at the deadline, by the caller's signal, or when the locks are closed. */
export const startWait = (wanted: Wanted, settings: Settings, closing: AbortSignal): Wait => {
  const { waitMs, leaseMs, signal } = wanted;
  const waited = startStopwatch(settings.clock);
  const controller = new AbortController();

  const giveUp = (message: string, cause?: unknown): void =>
    controller.abort(new LockError("not_acquired", message, { cause }));
  const onAbort = (): void => giveUp("The caller's signal gave up waiting.", signal?.reason);
  const onClosing = (): void => giveUp("These locks were closed while this call waited.");
  signal?.addEventListener("abort", onAbort, { once: true });
  closing.addEventListener("abort", onClosing, { once: true });
  if (signal?.aborted) onAbort();

  const untilDeadlineMs = wanted.leftMs();
  const onDeadline = (): void => giveUp("The deadline was reached.");
  const cancelTimer =
    untilDeadlineMs <= timeoutMsMax
      ? settings.timers.start(untilDeadlineMs, onDeadline)
      : undefined;

  return {
    // A lease that begins later would outlast the deadline.
    leftMs: () => Math.min(waitMs - waited.elapsedMs(), wanted.leftMs() - leaseMs),
    gaveUp: controller.signal,
    end: () => {
      cancelTimer?.();
      signal?.removeEventListener("abort", onAbort);
      closing.removeEventListener("abort", onClosing);
    },
  };
};

/** The longest that a timer can wait, in milliseconds; no wait is nearly as long. */
const timeoutMsMax = 2 ** 31 - 1;

import type { Claim } from "./backend.ts";
import { bounded } from "./bounded.ts";
import { startStopwatch } from "./stopwatch.ts";
import { startRepeats } from "./repeats.ts";
import type { Settings } from "./settings.ts";

/** After it the lease's own end does what is left. */
const withdrawalMs = 5_000;

/**
 * Takes back in the background what a claim may have left on the server. The signal ends it, but for
 * the request in flight: one is worth its time also at the end.
 */
export const withdraw = async (
  claim: Claim,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> => {
  const begun = startStopwatch(settings.clock);
  const repeats = startRepeats(settings);
  for (;;) {
    try {
      await bounded(settings.timers, settings.requestTimeoutMs, undefined, (limit) =>
        claim.release(limit),
      );
      return;
    } catch (error) {
      const leftMs = withdrawalMs - begun.elapsedMs();
      if (!(await repeats.isWorthwhile(error, leftMs, signal))) return;
    }
  }
};

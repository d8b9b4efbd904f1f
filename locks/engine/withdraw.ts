import { bounded, pause } from "./bounded.ts";
import type { Claim } from "./backend.ts";
import type { Settings } from "./settings.ts";

const attemptsMax = 5;
const pauseFirstMs = 100;

/**
 * Takes back in the background what a claim may have left on the server. Where that stays silent,
 * the lease's own end does it.
 */
export const withdraw = async (
  claim: Claim,
  { backend, requestTimeoutMs, random }: Settings,
  signal: AbortSignal,
): Promise<void> => {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    try {
      // The signal shortens the pauses only: also at the end, one request is worth its time.
      await bounded(requestTimeoutMs, undefined, (limit) => claim.release(limit));
      return;
    } catch (error) {
      if (signal.aborted || backend.isFinal(error)) return;
      await pause(random() * pauseFirstMs * 2 ** attempt, signal);
    }
  }
};

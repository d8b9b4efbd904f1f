import { leaseMsMax, leaseMsMin } from "../bounds.ts";
import { LockError } from "../lock-error.ts";
import type { Lease } from "../locks.ts";
import { integerWithin } from "./arguments.ts";
import { runIn, type Context } from "./contexts.ts";
import type { Grant, WriteWithRelease } from "./grant.ts";

/** A lease, and what only a backend with transactions offers of it. */
export interface EngineLease<Action = unknown> extends Lease {
  releaseWithin(write: WriteWithRelease<Action>): Promise<boolean>;
}

/** One lease on a grant, for the names that its caller asked for. The grant has been entered. */
export const createLease = <Action>(
  grant: Grant<Action>,
  names: readonly string[],
  context: Context,
  leftMs: () => number,
): EngineLease<Action> => {
  let isReleased = false;

  const refuseAfterRelease = (): void => {
    if (isReleased) throw new LockError("invalid_argument", "The lease was released already.");
  };

  const release = async (): Promise<void> => {
    refuseAfterRelease();
    isReleased = true;
    await grant.leave(context);
  };

  return {
    names,
    token: grant.token,
    get expiresAtMs() {
      return grant.expiresAtMs();
    },
    get signal() {
      grant.check();
      return grant.signal;
    },
    renew: async (leaseMs) => {
      refuseAfterRelease();
      if (leaseMs !== undefined) {
        const longestMs = Math.min(leaseMsMax, Math.floor(leftMs()));
        integerWithin("leaseMs", leaseMs, leaseMsMin, Math.max(leaseMsMin, longestMs));
      }
      await grant.renew(leaseMs);
    },
    release,
    releaseWithin: async (write) => {
      refuseAfterRelease();
      isReleased = true;
      try {
        return (isReleased = await grant.leaveWithin(context, write));
      } catch (error) {
        isReleased = false;
        throw error;
      }
    },
    run: (work) => {
      refuseAfterRelease();
      return runIn(context, work);
    },
    [Symbol.asyncDispose]: async () => {
      if (isReleased) return;
      try {
        await release();
      } catch (error) {
        if ((error as LockError).code !== "unavailable") throw error;
      }
    },
  };
};

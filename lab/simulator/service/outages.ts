/** Outages: for a second or so nothing that is sent is answered. */
import type { Faults } from "../faults.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";

export interface Outages {
  isOut(): boolean;
}

export const createOutages = (time: VirtualTime, random: Random, faults: () => Faults): Outages => {
  const { outagesPerMinute, outageMs } = faults();
  if (outagesPerMinute === 0) return { isOut: () => false };
  let beginsAtMs = random.untilNextMs(outagesPerMinute / 60);
  let endsAtMs = beginsAtMs + random.within(outageMs);
  return {
    isOut: () => {
      // A run may end its faults, its outages with them.
      if (faults().outagesPerMinute === 0) return false;
      while (time.nowMs >= endsAtMs) {
        beginsAtMs = endsAtMs + random.untilNextMs(outagesPerMinute / 60);
        endsAtMs = beginsAtMs + random.within(outageMs);
      }
      return time.nowMs >= beginsAtMs;
    },
  };
};

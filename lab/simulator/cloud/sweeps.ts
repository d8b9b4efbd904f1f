/** The schedule of the sweep: every minute, as the stack has it. */
import {
  rowsEveryRuns,
  sweepIntervalMinutes,
  sweepTimeoutSeconds,
} from "../../../contract/bounds.ts";
import { InventoryError } from "../../../inventory/errors.ts";
import { sweep } from "../../../inventory/reservations/sweep.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Holdfast } from "./holdfast.ts";

/** @param onStopped called with what a sweep threw that is no fault of DynamoDB's */
export const startSweeps = (
  time: VirtualTime,
  holdfast: Holdfast,
  onStopped: (error: Error) => void,
): void => {
  const sweeper = holdfast.createFunction(
    "sweep",
    sweepTimeoutSeconds * 1_000,
    (database, resolvesRows: boolean, call) => sweep(database, call, { resolvesRows }),
  );
  let runs = 0;
  const run = async (): Promise<void> => {
    time.schedule(time.nowMs + sweepIntervalMinutes * 60_000, () => void run());
    const ending = await sweeper.invoke(runs % rowsEveryRuns === 0);
    runs += 1;
    const isOurs = ending.ended === "threw" && !(ending.error instanceof InventoryError);
    if (isOurs) onStopped(ending.error as Error);
  };
  time.schedule(sweepIntervalMinutes * 30_000, () => void run());
};

/** A process of its own that holds a unit around work that never ends, until it is killed. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface HoldProcessPlan {
  baseUrl: string;
  sku: string;
  ttlSeconds: number;
}

export interface HoldProcess {
  reservationId: string;
  /** Sends SIGKILL, and resolves when the process has ended. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL("hold-process-main.ts", import.meta.url));

/** Resolves when the work runs. */
export const startHoldProcess = async (plan: HoldProcessPlan): Promise<HoldProcess> => {
  const child = fork(program, [JSON.stringify(plan)]);
  const ended = once(child, "exit");
  const started = await Promise.race([once(child, "message"), ended.then(() => undefined)]);
  if (started === undefined) throw new Error("The process ended before its work ran.");
  return {
    reservationId: started[0] as string,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
};

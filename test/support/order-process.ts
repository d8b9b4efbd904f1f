/** A process of its own that makes a reservation, and may be killed or stopped while it does. */
import { fork } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Database } from "../../inventory/dynamodb/database.ts";
import type { ReserveInput } from "../../inventory/reservations/reserve.ts";

export interface OrderProcessPlan {
  endpoint: string;
  tables: Database["tables"];
  locksTable: string;
  input: ReserveInput;
  stopsBeforeWrite?: boolean;
}

export type OrderTold =
  | { told: "stopping" }
  /** The late write was cancelled, with a code for each of its actions. */
  | { told: "refused"; reasons: string[] }
  | { told: "answered"; outcome: string };

export interface OrderProcess {
  /** What it says, in order; undefined when it has ended. */
  next(): Promise<OrderTold | undefined>;
  goOn(): void;
  kill(): void;
  ended: Promise<unknown>;
}

const program = fileURLToPath(new URL("order-process-main.ts", import.meta.url));

export const startOrderProcess = (plan: OrderProcessPlan): OrderProcess => {
  const child = fork(program, [JSON.stringify(plan)]);
  const ended = once(child, "exit");
  const messages = on(child, "message", { close: ["exit"] }) as AsyncIterableIterator<[OrderTold]>;
  return {
    next: async () => {
      const { value, done } = await messages.next();
      return done ? undefined : value[0];
    },
    goOn: () => void child.kill("SIGCONT"),
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
};

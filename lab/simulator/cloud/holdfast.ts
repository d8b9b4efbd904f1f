/**
 * Holdfast as it is deployed: its functions by name, each with environments of its own, over one
 * simulated DynamoDB.
 */
import {
  deadlineMarginMs,
  functionTimeoutSeconds,
  queueTimeoutSeconds,
} from "../../../contract/bounds.ts";
import type { MultiItemStrategy } from "../../../contract/tables.ts";
import type { Call } from "../../../inventory/dynamodb/database.ts";
import type { LeasingDatabase } from "../../../inventory/reservations/leases.ts";
import type { Faults } from "../faults.ts";
import type { Service } from "../service/service.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Account, CloudFunction, Invocation } from "./account.ts";
import { currentEnvironment, type Environment } from "./environment.ts";
import { withMishaps } from "./mishaps.ts";
import { openCore, type Door } from "./open-core.ts";
import { answerCall, type ShopAnswer, type ShopCall, type ShopOperation } from "./shop-calls.ts";

export interface HoldfastOptions {
  time: VirtualTime;
  random: Random;
  account: Account;
  service: Service;
  faults: () => Faults;
  door: Door;
  multiItemStrategy: MultiItemStrategy;
  refusalMemoryMs: number;
  expiryPartitions: number;
  /** Called with each call that is sent. */
  onSend: (call: ShopCall) => void;
  /** Called with each call that an environment has answered. */
  onCall: (record: CallRecord) => void;
}

/** One call of one environment, for the checks. Times are of the run. */
export interface CallRecord {
  call: ShopCall;
  startedAtMs: number;
  endedAtMs: number;
  /** The environment, as the attempts of its requests name it. */
  sender: string;
  /** The lead of its environment's clock, in milliseconds. */
  skewMs: number;
  answer: ShopAnswer;
}

/** The response to a caller: an answer, or the reason why there is none. */
export type Response = ShopAnswer | { kind: "timed_out" | "died" | "no_function" };

export interface Holdfast {
  send(call: ShopCall): Promise<Response>;
  /** A function of the stack that no caller calls: the sweep, the consumers of streams. */
  createFunction<Input, Output>(
    name: string,
    timeoutMs: number,
    work: (database: LeasingDatabase, input: Input, call: Call) => Promise<Output>,
  ): CloudFunction<Input, Output>;
}

const functionOf: Record<ShopOperation, "reserve" | "reservations" | "stock" | "orders"> = {
  reserve: "reserve",
  setChannel: "stock",
  changeHold: "reservations",
  confirm: "reservations",
  release: "reservations",
  extend: "reservations",
  fulfill: "reservations",
  cancel: "reservations",
  returnUnits: "reservations",
  getReservation: "reservations",
  listReservations: "reservations",
  setStock: "stock",
  adjustStock: "stock",
  setAside: "stock",
  transferStock: "stock",
  getLevel: "stock",
  placeOrder: "orders",
  payOrder: "orders",
  fulfillOrder: "orders",
  returnOrder: "orders",
  cancelOrder: "orders",
};

const timeoutSeconds = {
  reserve: functionTimeoutSeconds,
  reservations: functionTimeoutSeconds,
  stock: functionTimeoutSeconds,
  orders: queueTimeoutSeconds,
} as const;

export const createHoldfast = (options: HoldfastOptions): Holdfast => {
  const { time, random, account, service, faults, door, multiItemStrategy } = options;
  const { refusalMemoryMs, expiryPartitions } = options;

  const open = (environment: Environment): LeasingDatabase => {
    const chance = random.fork(`mishaps/${environment.name}`);
    const connection = service.connect(environment);
    const transport = withMishaps(connection, environment, time, chance, faults);
    const settings = { multiItemStrategy, refusalMemoryMs, expiryPartitions };
    return openCore({ environment, transport, door, ...settings });
  };

  const createFunction: Holdfast["createFunction"] = (name, timeoutMs, work) =>
    account.createFunction({
      name,
      timeoutMs,
      open: (environment) => {
        const database = open(environment);
        return (input, invocation) => work(database, input, callOf(invocation));
      },
    });

  const createShopFunction = (name: keyof typeof timeoutSeconds) =>
    createFunction(
      name,
      timeoutSeconds[name] * 1_000,
      async (database, call: ShopCall, context) => {
        const startedAtMs = time.nowMs;
        const { name: sender, skewMs } = currentEnvironment()!;
        const answer = await answerCall(database, call, context);
        options.onCall({ call, startedAtMs, endedAtMs: time.nowMs, sender, skewMs, answer });
        return answer;
      },
    );

  const functions = {
    reserve: createShopFunction("reserve"),
    reservations: createShopFunction("reservations"),
    stock: createShopFunction("stock"),
    orders: createShopFunction("orders"),
  };

  return {
    createFunction,
    send: async (call) => {
      options.onSend(call);
      const ending = await functions[functionOf[call.operation]].invoke(call);
      if (ending.ended === "returned") return ending.output;
      if (ending.ended === "threw") return { kind: "internal", error: ending.error as Error };
      return { kind: ending.ended === "throttled" ? "no_function" : ending.ended };
    },
  };
};

const callOf = (invocation: Invocation): Call => ({
  remainingMs: () => invocation.remainingMs() - deadlineMarginMs,
});

/** The core in one environment, with a client, a clock, timers, chance and ids of its own. */
import { connect, createDatabase } from "../../../inventory/dynamodb/database.ts";
import { withLeases, type LeasingDatabase } from "../../../inventory/reservations/leases.ts";
import type { Platform } from "../../../inventory/platform.ts";
import type { MultiItemStrategy } from "../../../contract/tables.ts";
import { createDynamoDbLocks } from "../../../locks/dynamodb/dynamodb-locks.ts";
import { directDoor } from "../doors/direct-door.ts";
import { jsonDoor } from "../doors/json-door.ts";
import { leanClient } from "../doors/lean-client.ts";
import type { Transport } from "../doors/transport.ts";
import { tableNames } from "../../app/table-names.ts";
import type { Environment } from "./environment.ts";

/** The way in for requests: as JSON, or below serialization, which is quicker (doors/transport.ts). */
export type Door = "json" | "direct";

export interface CoreOptions {
  environment: Environment;
  transport: Transport;
  door: Door;
  multiItemStrategy: MultiItemStrategy;
  refusalMemoryMs: number;
  expiryPartitions: number;
}

export const openCore = ({
  environment,
  transport,
  door,
  multiItemStrategy,
  refusalMemoryMs,
  expiryPartitions,
}: CoreOptions): LeasingDatabase => {
  const access =
    door === "json"
      ? jsonDoor(transport)
      : {
          ...directDoor(transport, { newToken: () => environment.random.uuid() }),
          newClient: leanClient,
        };
  const client = connect(access);
  const database = createDatabase({
    client,
    tables: tableNames,
    refusalMemoryMs,
    expiryPartitions,
    ...platformOf(environment),
  });
  const startTimer = (delayMs: number, callback: () => void): (() => void) => {
    const timer = environment.setTimer(delayMs, callback);
    return () => timer.cancel();
  };
  const locks = createDynamoDbLocks({
    client: connect({ ...access, maxAttempts: lockAttempts }),
    table: tableNames.locks,
    clock: environment,
    timers: {
      start: startTimer,
      startInBackground: startTimer,
    },
    random: () => environment.random.next(),
    randomUuid: () => environment.random.uuid(),
  });
  return withLeases(database, { locks, multiItemStrategy });
};

function platformOf(environment: Environment): Platform {
  return {
    now: () => environment.wallMs(),
    monotonicMs: () => environment.monotonicMs(),
    sleep: (durationMs) => new Promise((resolve) => void environment.setTimer(durationMs, resolve)),
    timeoutSignal: (delayMs) => {
      const controller = new AbortController();
      environment.setTimer(delayMs, () => controller.abort(timedOut));
      return controller.signal;
    },
    random: () => environment.random.next(),
    randomUuid: () => environment.random.uuid(),
  };
}

/** The lock library leaves its repeats to the SDK. */
const lockAttempts = 3;

/** One for all, since most signals abort when nothing waits for them any more. */
const timedOut = new DOMException("The operation timed out.", "TimeoutError");

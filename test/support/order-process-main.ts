/**
 * A process that makes one reservation and says what became of it. Node.js program:
 * <OrderProcessPlan as JSON>. With `stopsBeforeWrite` it stops itself (SIGSTOP) between its leases and
 * its write, as a function that is frozen there.
 */
import { callWithin, connect, createDatabase } from "../../inventory/dynamodb/database.ts";
import { withLeases } from "../../inventory/reservations/leases.ts";
import { reserve } from "../../inventory/reservations/reserve.ts";
import { createDynamoDbLocks } from "../../locks/dynamodb/dynamodb-locks.ts";
import { localAccess } from "./local-access.ts";
import type { OrderProcessPlan, OrderTold } from "./order-process.ts";

const plan = JSON.parse(process.argv[2]!) as OrderProcessPlan;
const client = connect({ ...localAccess, endpoint: plan.endpoint });
const tell = (told: OrderTold): void => void process.send?.(told);

interface Cancelled {
  CancellationReasons?: { Code?: string }[];
}

let hasStopped = false;
client.middlewareStack.add(
  (next) => async (args) => {
    const isWrite = JSON.stringify(args.input).includes('"reservationId"');
    const isFirstWrite = plan.stopsBeforeWrite === true && isWrite && !hasStopped;
    if (!isFirstWrite) return next(args);
    hasStopped = true;
    tell({ told: "stopping" });
    process.kill(process.pid, "SIGSTOP");
    try {
      return await next(args);
    } catch (error) {
      const { CancellationReasons: reasons = [] } = error as Cancelled;
      tell({ told: "refused", reasons: reasons.map(({ Code = "" }) => Code) });
      throw error;
    }
  },
  { step: "initialize" },
);

const locks = createDynamoDbLocks({ client, table: plan.locksTable });
const database = withLeases(createDatabase({ client, tables: plan.tables }), { locks });
const result = await reserve(database, plan.input, callWithin(60_000));
tell({ told: "answered", outcome: result.outcome });
process.disconnect();

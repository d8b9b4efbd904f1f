/** Checks a row of the lock table. Its rows are the lock library's own. */
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { leaseEndMsMax } from "../../contract/bounds.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import type { Case } from "./finding.ts";
import { writeIf } from "../dynamodb/write-if.ts";

export interface LockTableRow {
  lockName: string;
  owner?: string;
  token?: number;
  leaseUntilMs?: number;
  doneUntilMs?: number;
  ttlSeconds?: number;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Rows stay for a day after their end. Seconds taken for milliseconds are tens of thousands of years. */
const idleMsMax = 366 * dayMs;

/** Changes a row unless its end is another one by now. */
const update = async (
  database: Database,
  table: string,
  { lockName, leaseUntilMs = 0 }: LockTableRow,
  change: string,
  values: Record<string, number>,
  call: Call,
): Promise<boolean> => {
  const command = new UpdateCommand({
    TableName: table,
    Key: { lockName },
    UpdateExpression: change,
    ConditionExpression: "leaseUntilMs = :seen OR attribute_not_exists(leaseUntilMs)",
    ExpressionAttributeValues: { ":seen": leaseUntilMs, ...values },
    ...(change.includes("#owner") && { ExpressionAttributeNames: { "#owner": "owner" } }),
  });
  return (await writeIf(database, () => command, call)).applied;
};

export const checkLease = (
  database: Database,
  table: string,
  row: LockTableRow,
  call: Call,
): Case | undefined => {
  const nowMs = database.now();
  const { lockName, leaseUntilMs = 0, doneUntilMs = 0, ttlSeconds } = row;
  const subject = { subject: lockName, reservationIds: [] };
  if (leaseUntilMs > nowMs + leaseEndMsMax) {
    return {
      damage: "lease_too_long",
      ...subject,
      detail: `of ${row.owner}, ends in ${leaseUntilMs - nowMs} ms`,
      repair: "release it",
      apply: () =>
        update(
          database,
          table,
          row,
          "SET leaseUntilMs = :free REMOVE #owner",
          { ":free": 0 },
          call,
        ),
    };
  }
  const endMs = Math.max(leaseUntilMs, doneUntilMs, nowMs);
  if (typeof ttlSeconds === "number" && ttlSeconds * 1000 <= endMs + idleMsMax) return undefined;
  const ends = Math.ceil((endMs + dayMs) / 1000);
  return {
    damage: "lease_ttl_wrong",
    ...subject,
    detail: `ttlSeconds ${ttlSeconds}`,
    repair: `have it removed at ${ends} s`,
    apply: () => update(database, table, row, "SET ttlSeconds = :ttl", { ":ttl": ends }, call),
  };
};

/**
 * Once-only runs in the lock table: one row for each key, which is a claim while the work runs and
 * a mark afterwards. One conditional request each; what they say is in once-row.ts.
 */
import { DeleteCommand, UpdateCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { integerWithin } from "../engine/arguments.ts";
import { platformOf } from "../engine/platform.ts";
import type { Once, OnceClaim, OnceSettings, OnceStore } from "../once.ts";
import { createOnce } from "../once/create-once.ts";
import { isFinal } from "./errors.ts";
import { abandonRow, claimRow, completeRow, type OnceRow } from "./once-row.ts";

export interface DynamoDbOnceOptions extends OnceSettings {
  /** Its own attempts and timeouts count within the time of one request. */
  client: DynamoDBDocumentClient;
  /** The table's name: the one of the locks. */
  table: string;
  /** How far apart the clocks of those who run may be, in milliseconds. 1 s when absent. */
  clockSkewMs?: number;
}

type Item = Parameters<typeof unmarshall>[0];

/** The row that a condition met; undefined when the error is another one. */
const refusingRow = (error: unknown): OnceRow | undefined => {
  if ((error as Error).name !== "ConditionalCheckFailedException") return undefined;
  return unmarshall((error as { Item?: Item }).Item ?? {}) as OnceRow;
};

const clockSkewMsDefault = 1_000;
const clockSkewMsMax = 60_000;

/** @throws LockError `invalid_argument` */
export const createDynamoDbOnce = (options: DynamoDbOnceOptions): Once => {
  const { client, table } = options;
  const { clock } = platformOf(options);
  const clockSkewMs = integerWithin(
    "clockSkewMs",
    options.clockSkewMs ?? clockSkewMsDefault,
    0,
    clockSkewMsMax,
  );
  const nowMs = (): number => Math.floor(clock.wallMs());

  const claim: OnceStore["claim"] = async (key, owner, leaseMs, abortSignal) => {
    const askedAtMs = nowMs();
    const update = claimRow({ table, key, owner, leaseMs, nowMs: askedAtMs, clockSkewMs });
    try {
      await client.send(new UpdateCommand(update), { abortSignal });
      return { state: "claimed" };
    } catch (error) {
      const row = refusingRow(error);
      if (row === undefined) throw error;
      return readRow(row, owner, askedAtMs);
    }
  };

  const readRow = (row: OnceRow, owner: string, askedAtMs: number): OnceClaim => {
    if (row.leaseUntilMs === undefined) return { state: "done" };
    if (row.owner === owner) return { state: "claimed" };
    return { state: "running", busyForMs: row.leaseUntilMs + clockSkewMs + 1 - askedAtMs };
  };

  const store: OnceStore = {
    claim,
    complete: async (key, _owner, retentionMs, abortSignal) => {
      const update = completeRow({ table, key, retentionMs, nowMs: nowMs() });
      await client.send(new UpdateCommand(update), { abortSignal });
    },
    abandon: async (key, owner, abortSignal) => {
      try {
        await client.send(new DeleteCommand(abandonRow({ table, key, owner })), { abortSignal });
      } catch (error) {
        if (refusingRow(error) === undefined) throw error;
      }
    },
    isFinal,
  };
  return createOnce(store, options);
};

import {
  TransactWriteCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { pause } from "../engine/bounded.ts";
import type { Platform } from "../engine/platform.ts";
import type { RowUpdate } from "./lock-table.ts";

/**
 * All rows were written, or none: because of the rows that these conditions met, in the order of
 * the updates; or because others were just then writing those of these updates.
 */
export type WriteResult<Row> =
  | { written: true }
  | { written: false; by: "condition"; refusals: Refusal<Row>[] }
  | { written: false; by: "contention"; indexes: number[] };

/** A condition that was not met: by this row, or by the absence of one. */
export interface Refusal<Row> {
  /** Of the update. */
  index: number;
  row: Row | undefined;
}

type Item = Parameters<typeof unmarshall>[0];
interface Reason {
  Code?: string;
  Item?: Item;
}

/** Reasons of a cancelled transaction that say nothing of the rows. */
const contention = new Set([
  "TransactionConflict",
  "ProvisionedThroughputExceeded",
  "ThrottlingError",
]);

const read = <Row>(item: Item | undefined): Row | undefined =>
  item === undefined ? undefined : (unmarshall(item) as Row);

const readReasons = <Row>(reasons: readonly Reason[]): WriteResult<Row> | undefined => {
  const refusals = reasons.flatMap(({ Code, Item: item }, index) =>
    Code === "ConditionalCheckFailed" ? [{ index, row: read<Row>(item) }] : [],
  );
  if (refusals.length > 0) return { written: false, by: "condition", refusals };
  const indexes = reasons.flatMap(({ Code = "" }, index) => (contention.has(Code) ? [index] : []));
  return indexes.length > 0 ? { written: false, by: "contention", indexes } : undefined;
};

/** One update by itself costs half of what it does in a transaction. */
const send = async (
  client: DynamoDBDocumentClient,
  updates: readonly RowUpdate[],
  abortSignal: AbortSignal,
): Promise<void> => {
  const [first, ...others] = updates;
  if (first !== undefined && others.length === 0) {
    await client.send(new UpdateCommand(first), { abortSignal });
  } else {
    const actions = updates.map((update) => ({ Update: update }));
    await client.send(new TransactWriteCommand({ TransactItems: actions }), { abortSignal });
  }
};

/** Writes all rows in one request, or none. Rejects when it is not known which. */
export const writeRows = async <Row>(
  client: DynamoDBDocumentClient,
  updates: readonly RowUpdate[],
  signal: AbortSignal,
): Promise<WriteResult<Row>> => {
  try {
    await send(client, updates, signal);
    return { written: true };
  } catch (error) {
    const { name } = error as Error;
    if (name === "ConditionalCheckFailedException") {
      const row = read<Row>((error as { Item?: Item }).Item);
      return { written: false, by: "condition", refusals: [{ index: 0, row }] };
    }
    // An update by itself may meet a transaction.
    if (name === "TransactionConflictException") {
      return { written: false, by: "contention", indexes: [0] };
    }
    if (name !== "TransactionCanceledException") throw error;
    const reasons = (error as { CancellationReasons?: Reason[] }).CancellationReasons ?? [];
    const result = readReasons<Row>(reasons);
    if (result === undefined) throw error;
    return result;
  }
};

const pauseMaxMs = 50;

/** As `writeRows`, but others who are writing the rows are waited for. */
export const writeRowsInTurn = async <Row>(
  client: DynamoDBDocumentClient,
  updates: readonly RowUpdate[],
  { timers, random }: Platform,
  signal: AbortSignal,
): Promise<{ written: true } | { written: false; refusals: Refusal<Row>[] }> => {
  for (;;) {
    const result = await writeRows<Row>(client, updates, signal);
    if (result.written) return result;
    if (result.by === "condition") return result;
    await pause(timers, random() * pauseMaxMs, signal);
    signal.throwIfAborted();
  }
};

/**
 * Sets stock levels to the counts of a file, in batches: one request reads 100 levels, and those that differ
 * are written side by side. A batch is done before the next one begins, so that of two counts of one level the
 * later one in the file stays.
 */
import { createHash } from "node:crypto";
import { callWithin, type Database } from "../../inventory/dynamodb/database.ts";
import { mapEach } from "../../inventory/for-each.ts";
import { levelKeyOf } from "../../inventory/stock/level-key.ts";
import type { StockLevel } from "../../inventory/stock/level.ts";
import { getLevels } from "../../inventory/stock/read-stock.ts";
import { setStock } from "../../inventory/stock/set-stock.ts";
import type { ImportState } from "./import-state.ts";
import type { NumberedCount } from "./records.ts";

export interface ImportOptions {
  /** False for a dry run: says what would be done, and writes nothing. */
  writes: boolean;
  /** Applies counts below what is reserved. */
  allowShortfall: boolean;
}

/** The result of one count. */
export type Difference =
  | { kind: "created"; before: undefined }
  | { kind: "changed" | "same" | "refused"; before: StockLevel };

/** Records that are read and written together. */
export const batchSize = 100;

const writesInFlight = 32;

/** The time of one count, which others of its level or a throttle may delay, in milliseconds. */
export const countMs = 60_000;

/** Refusals that are kept with their reasons. */
const refusalsMax = 1_000;

/**
 * Applies one batch of counts.
 *
 * @returns the state after it
 * @throws InventoryError `busy`, `unavailable`, `rejected`: some counts of the batch may be applied then, and
 *   are recognized when the batch is applied again
 */
export const importBatch = async (
  database: Database,
  batch: readonly NumberedCount[],
  state: ImportState,
  options: ImportOptions,
  onDifference: (one: NumberedCount, difference: Difference) => void,
): Promise<ImportState> => {
  // The last count of a level is the one that stays.
  const latest = [...new Map(batch.map((one) => [levelKeyOf(one.count), one])).values()];
  const names = latest.map(({ count }) => count);
  const levels = await getLevels(database, names, callWithin(countMs));
  const next = { ...state, done: batch.at(-1)!.number, refusals: [...state.refusals] };
  const entries = latest.map((one, index) => ({ one, level: levels[index] }));
  const differences = await mapEach(entries, writesInFlight, ({ one, level }) =>
    apply(database, one, level, state.importId, options),
  );
  for (const [index, difference] of differences.entries()) {
    const one = latest[index]!;
    onDifference(one, difference);
    next[difference.kind] += 1;
    if (difference.kind === "refused" && next.refusals.length < refusalsMax) {
      next.refusals.push(describeRefusal(one, difference.before));
    }
  }
  // Counts that a later one of the batch replaces change nothing.
  next.same += batch.length - latest.length;
  return next;
};

const differenceOf = (
  { count: { onHand, lowStockThreshold } }: NumberedCount,
  level: StockLevel | undefined,
  allowShortfall: boolean,
): Difference => {
  if (level === undefined) return { kind: "created", before: undefined };
  const isSameThreshold =
    lowStockThreshold === undefined || lowStockThreshold === level.lowStockThreshold;
  if (onHand === level.onHand && isSameThreshold) return { kind: "same", before: level };
  const isRefused = onHand < level.reserved && !allowShortfall;
  return { kind: isRefused ? "refused" : "changed", before: level };
};

async function apply(
  database: Database,
  one: NumberedCount,
  level: StockLevel | undefined,
  importId: string,
  { writes, allowShortfall }: ImportOptions,
): Promise<Difference> {
  const difference = differenceOf(one, level, allowShortfall);
  if (!writes || difference.kind === "same") return difference;
  const countId = countIdOf(importId, one.number);
  const isNew = difference.kind === "created";
  const input = { ...one.count, allowShortfall, countId, isNew };
  const result = await setStock(database, input, callWithin(countMs));
  if (result.outcome === "below_reserved") return { kind: "refused", before: result.stock };
  return difference.kind === "refused" ? { ...difference, kind: "changed" } : difference;
}

/** A count that is sent again after a kill is recognized by its id. */
const countIdOf = (importId: string, number: number): string =>
  createHash("sha256").update(`${importId}/${number}`).digest("base64url").slice(0, 12);

const describeRefusal = ({ number, count }: NumberedCount, { reserved }: StockLevel): string =>
  `Record ${number}: onHand ${count.onHand} is less than the ${reserved} units of ` +
  `${levelKeyOf(count)} that are reserved.`;

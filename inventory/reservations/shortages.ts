import { linesPerTransactionMax } from "../../contract/bounds.ts";
import type { Line, StockItem } from "../../contract/tables.ts";
import { batchGet } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { nextExpiries } from "./dead-holds.ts";
import { InventoryError } from "../errors.ts";
import type { StockFailure } from "../dynamodb/transact.ts";

/** A line that fell short: what was asked for, and what there was at that moment. */
export interface Shortage {
  sku: string;
  requested: number;
  available: number;
  /** When the next hold of this SKU ends, where there is one. */
  nextExpiryAtMs?: number;
}

export type OrderRefusal =
  | { outcome: "insufficient_stock"; shortages: Shortage[] }
  | { outcome: "unknown_sku"; skus: string[] };

/** Lines that fell short, in the terms of who looks for dead holds. */
export const missingOf = (lines: readonly Line[], failures: readonly StockFailure[]) =>
  failures.map(({ index, found }) => {
    const { sku, quantity } = lines[index]!;
    return { sku, quantity, found, units: quantity - (found?.available ?? 0) };
  });

/**
 * All lines of an order that fall short. Where one transaction has tried all of them, its reasons
 * say so; of a larger order the other lines are looked at.
 */
const allFailures = async (
  database: Database,
  lines: readonly Line[],
  seen: readonly StockFailure[],
  call: Call,
): Promise<readonly StockFailure[]> => {
  if (lines.length <= linesPerTransactionMax) return seen;
  const records = { table: database.tables.stock, attribute: "sku" } as const;
  const skus = lines.map(({ sku }) => sku);
  const stock = new Map<string, StockItem>();
  for (const item of await batchGet<StockItem>(database, records, skus, call)) {
    stock.set(item.sku, item);
  }
  const byIndex = new Map(seen.map((failure) => [failure.index, failure]));
  return lines.flatMap(({ sku, quantity }, index): StockFailure[] => {
    const known = byIndex.get(index);
    if (known !== undefined) return [known];
    const found = stock.get(sku);
    if (found === undefined) return [{ index }];
    return found.available < quantity ? [{ index, found }] : [];
  });
};

/** What a caller is told of an order that fell short. */
export const refuseOrder = async (
  database: Database,
  lines: readonly Line[],
  seen: readonly StockFailure[],
  call: Call,
): Promise<OrderRefusal> => {
  const missing = missingOf(lines, await allFailures(database, lines, seen, call));
  const skus = missing.flatMap(({ sku, found }) => (found === undefined ? [sku] : []));
  // An unknown SKU never arrives, a shortage may pass: the one that waiting cannot cure goes first.
  if (skus.length > 0) return { outcome: "unknown_sku", skus };
  const held = missing.flatMap(({ sku, found }) => (found!.reserved > 0 ? [sku] : []));
  const next = held.length > 0 ? await nextExpiriesIfAny(database, held, call) : new Map();
  const shortages = missing.map(({ sku, quantity, found }): Shortage => {
    const nextExpiryAtMs: number | undefined = next.get(sku);
    return {
      sku,
      requested: quantity,
      available: found!.available,
      ...(nextExpiryAtMs === undefined ? {} : { nextExpiryAtMs }),
    };
  });
  return { outcome: "insufficient_stock", shortages };
};

/** A shortage is known; that the index cannot be asked just now does not make it less true. */
const nextExpiriesIfAny = (database: Database, skus: readonly string[], call: Call) =>
  nextExpiries(database, skus, call).catch((error: unknown) => {
    if (error instanceof InventoryError) return new Map<string, number>();
    throw error;
  });

/** Holds and sales for tests that begin with one, and the counts to compare. */
import type { Line, ReservationItem, StockItem } from "../../contract/tables.ts";
import { callWithin, type Call, type Database } from "../../inventory/dynamodb/database.ts";
import { InventoryError } from "../../inventory/errors.ts";
import { mapEach } from "../../inventory/for-each.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import type { ReserveInput } from "../../inventory/reservations/reserve.ts";
import { levelKeyOfRow } from "../../inventory/stock/level-key.ts";
import { levelOf } from "../../inventory/stock/level.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { expectInvariants, readRecords } from "./invariants.ts";
import { dieAfter } from "./requests.ts";

/** The time of a call that meets many others, on a machine that does other work as well. */
export const patient = (): Call => callWithin(100_000);

/** Lines by their SKUs: `{ shirt: 2 }`. */
export const linesOf = (quantities: Record<string, number>): Line[] =>
  Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }));

/** Sets the stock of SKUs, each in one row. */
export const stock = async (
  inventory: Inventory,
  onHand: Record<string, number>,
): Promise<void> => {
  await mapEach(Object.entries(onHand), 20, ([sku, units]) =>
    inventory.setStock({ sku, onHand: units }, patient()),
  );
};

export const holdOf = async (
  inventory: Inventory,
  quantities: Record<string, number>,
  options: Omit<ReserveInput, "lines"> = {},
): Promise<string> => {
  const held = await inventory.reserve({ lines: linesOf(quantities), ...options }, patient());
  if (held.outcome !== "reserved") throw new Error(`not reserved: ${held.outcome}`);
  return held.reservation.reservationId;
};

export const saleOf = async (
  inventory: Inventory,
  quantities: Record<string, number>,
): Promise<string> => {
  const reservationId = await holdOf(inventory, quantities);
  const { outcome } = await inventory.confirm(reservationId, patient());
  if (outcome !== "confirmed") throw new Error(`not confirmed: ${outcome}`);
  return reservationId;
};

/** The counts of a level: on hand, available, reserved. */
export type CountsOf = (sku: string) => Promise<[number, number, number]>;

export const countsIn =
  (inventory: Inventory): CountsOf =>
  async (sku) => {
    const { onHand, available, reserved } = (await inventory.getStock(sku, patient()))!;
    return [onHand, available, reserved];
  };

/** The counts of all levels, and the records, to be the same after a call that changes nothing. */
export const stateOf = async (database: Database) => {
  const { stock: rows, reservations } = await readRecords(database);
  const byLevel = Map.groupBy(rows, ({ sku }: StockItem) => levelKeyOfRow(sku));
  const levels = Array.from(byLevel.values(), (some) => {
    const { sku, onHand, available, reserved } = levelOf(some);
    return { sku, onHand, available, reserved };
  });
  return { levels: levels.toSorted((a, b) => (a.sku < b.sku ? -1 : 1)), reservations };
};

/** Fresh tables with a clock that stands still, and what the tests of holds and sales ask of them. */
export const openShop = async (options: Parameters<typeof createTestDatabase>[0] = {}) => {
  const clock = { nowMs: Date.UTC(2026, 10, 26) };
  const settings = { now: () => clock.nowMs, retentionDays: 30, ...options };
  const database = await createTestDatabase(settings);
  const inventory = createInventory(database);
  const recordOf = async (reservationId: string): Promise<ReservationItem> => {
    const { reservations } = await readRecords(database);
    return reservations.find((record) => record.reservationId === reservationId)!;
  };
  return { clock, database, inventory, countsOf: countsIn(inventory), recordOf };
};

export interface CrashTest<Prepared> {
  database: TestDatabase;
  /** The clock of the database. */
  clock: { nowMs: number };
  /** Prepares one run, on SKUs of its own. */
  prepare: (run: number) => Promise<Prepared>;
  /** The operation that dies. */
  operate: (inventory: Inventory, prepared: Prepared) => Promise<unknown>;
  /** Checks that it has happened, or has not, after a sweep. */
  check: (prepared: Prepared, run: number) => Promise<void>;
}

/**
 * Runs an operation again and again, each time on a process that dies one request later, until it lives.
 * After each death the invariants hold, and when the owner's time is over a sweep leaves no marker.
 */
export const dieAtEachRequest = async <Prepared>({
  database,
  clock,
  prepare,
  operate,
  check,
}: CrashTest<Prepared>): Promise<void> => {
  const living = createInventory(database);
  for (let run = 0, lives = false; !lives; run += 1) {
    const prepared = await prepare(run);
    const { database: dying, isDead } = dieAfter(database, run);
    await operate(createInventory(dying), prepared).catch((error: unknown) => {
      if (!(error instanceof InventoryError)) throw error;
    });
    lives = !isDead();
    await expectInvariants(database);
    clock.nowMs += 1_000;
    await living.sweep(patient(), { resolvesRows: true });
    const { stock: rows } = await expectInvariants(database);
    const open = rows.flatMap((row) => Object.keys(row.open));
    // Markers of holds whose records have them leave with a later write.
    if (open.length > 0) throw new Error(`markers are left after ${run} requests: ${open.join()}`);
    await check(prepared, run);
  }
};

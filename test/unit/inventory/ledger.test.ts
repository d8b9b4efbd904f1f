import { expect, test } from "vitest";
import type { MovementItem, StockItem } from "../../../contract/tables.ts";
import { movementIdOf, movementsBetween } from "../../../inventory/stock/ledger.ts";
import { kindOf, markerKey, markerTerm, type NewMarker } from "../../../inventory/stock/marker.ts";
import { stockItem } from "../functions/stream-images.ts";

const move = "5b0f4a52-4a0e-8b1e-9d43-000000000001";
const order = "5b0f4a52-4a0e-8b1e-9d43-000000000002";

/** The entry of a marker in `open`, placed by or at this version. */
const opened = (marker: Omit<NewMarker, "base">, version: number): Record<string, number> => {
  const full = { base: 0, ...marker };
  const before = kindOf(marker).isEager ? version - 1 : version;
  return { [markerKey(full)]: before + markerTerm(full, 0) };
};

const shard = (more: Partial<StockItem> = {}): StockItem =>
  stockItem({ sku: "shirt~2", startVersion: 7, ...more });

const inShort = (movements: readonly MovementItem[]) =>
  movements.map(({ sku, row, kind, version, ...movement }) => [
    `${row ?? sku} of ${sku}`,
    `${kind} at ${version}`,
    movement.onHandDelta,
    movement.availableDelta,
    movement.reservedDelta,
  ]);

test("a movement of the first row names the SKU alone, one of another row both", () => {
  const change = { available: 9, reserved: 1, version: 8 };
  const open = opened({ reservationId: order, kind: "hold", quantity: 1 }, 8);
  const [ofFirst] = movementsBetween(
    stockItem({ version: 7 }),
    stockItem({ ...change, open }),
    "change",
  );
  const [ofShard] = movementsBetween(shard({ version: 7 }), shard({ ...change, open }), "change");
  expect(ofFirst).toMatchObject({ sku: "shirt", kind: "hold", reservationId: order });
  expect(ofFirst).not.toHaveProperty("row");
  expect(ofShard).toMatchObject({ sku: "shirt", row: "shirt~2", kind: "hold" });
  expect(ofShard?.movementId).not.toBe(ofFirst?.movementId);
});

test("a row that begins without units has no movement", () => {
  const empty = { available: 0, version: 7, lastChange: { kind: "move" } as const };
  expect(movementsBetween(undefined, shard(empty), "change")).toEqual([]);
  // A first count of nothing is a movement: the ledger of a SKU begins with it.
  const count = { lastChange: { kind: "count" } as const };
  expect(movementsBetween(undefined, stockItem({ ...count, available: 0 }), "change")).toHaveLength(
    1,
  );
});

test("units that move between rows leave one by a move and reach the other by one", () => {
  const lastChange = { kind: "move" } as const;
  const departure = opened({ reservationId: move, kind: "departure", quantity: 4 }, 8);
  const departed = movementsBetween(
    stockItem({ version: 7 }),
    stockItem({ available: 6, version: 8, open: departure, lastChange }),
    "change",
  );
  const arrival = opened({ reservationId: move, kind: "arrival", quantity: 4 }, 7);
  const arrived = movementsBetween(
    shard({ available: 0, version: 7, open: arrival }),
    shard({ available: 4, version: 8, lastChange }),
    "change",
  );
  expect(inShort([...departed, ...arrived])).toEqual([
    ["shirt of shirt", "move at 8", -4, -4, 0],
    ["shirt~2 of shirt", "move at 8", 4, 4, 0],
  ]);
  expect(departed[0]?.reservationId).toBe(move);
});

test("units of a move that failed return by a move, not by a rollback", () => {
  const open = {
    ...opened({ reservationId: move, kind: "departure", quantity: 4 }, 8),
    ...opened({ reservationId: order, kind: "hold", quantity: 1 }, 9),
  };
  const returned = movementsBetween(
    stockItem({ available: 5, reserved: 1, version: 9, open }),
    stockItem({ available: 10, version: 10, lastChange: { kind: "rollback" } }),
    "change",
  );
  expect(inShort(returned)).toEqual([
    ["shirt of shirt", "move at 10", 4, 4, 0],
    ["shirt of shirt", "rollback at 10", 0, 1, -1],
  ]);
});

test("a level that shrinks has two moves, which together change nothing", () => {
  const last = shard({ available: 3, reserved: 2, version: 12 });
  const removed = movementsBetween(last, undefined, "change");
  const first = stockItem({ available: 1, reserved: 1, version: 20, shards: 3 });
  const { shards: _shards, ...rest } = first;
  const merged = movementsBetween(
    first,
    { ...rest, onHand: 7, available: 4, reserved: 3, version: 26, lastChange: { kind: "move" } },
    "change",
  );
  expect(inShort([...removed, ...merged])).toEqual([
    ["shirt~2 of shirt", "move at 13", -5, -3, -2],
    ["shirt of shirt", "move at 26", 5, 3, 2],
  ]);
  expect(removed[0]?.movementId).toBe(movementIdOf("shirt~2", 13));
});

test("a first row that is removed keeps its history as it is", () => {
  expect(movementsBetween(stockItem(), undefined, "change")).toEqual([]);
});

test("counts of a row that were written past Holdfast are an edit of this row", () => {
  const edited = movementsBetween(shard(), shard({ onHand: 7, available: 7 }), "change");
  expect(inShort(edited)).toEqual([["shirt~2 of shirt", "edit at 1", -3, -3, 0]]);
});

test("a transfer has its reason, and names no reservation", () => {
  const lastChange = { kind: "transfer", reason: "refill", actor: "ann" } as const;
  const open = opened({ reservationId: move, kind: "dispatch", quantity: 4 }, 8);
  const before = stockItem({ version: 7 });
  const after = stockItem({ available: 6, version: 8, open, lastChange });
  const [dispatched, ...others] = movementsBetween(before, after, "change");
  expect(others).toEqual([]);
  expect(dispatched).toMatchObject({ ...lastChange, onHandDelta: -4, availableDelta: -4 });
  expect(dispatched).not.toHaveProperty("reservationId");
});

test("units that are set aside stay on hand", () => {
  const lastChange = { kind: "transfer", reason: "damaged box" } as const;
  const open = opened({ reservationId: move, kind: "setAside", quantity: 4 }, 8);
  const after = { ...stockItem({ version: 8, open, lastChange }), available: 6, unavailable: 4 };
  expect(movementsBetween(stockItem({ version: 7 }), after, "change")).toMatchObject([
    { ...lastChange, onHandDelta: 0, availableDelta: -4, reservedDelta: 0 },
  ]);
});

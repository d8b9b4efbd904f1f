/**
 * A model of the whole core, without a database: the stock, and the life of each reservation with its
 * quantities. test/property/inventory.test.ts compares the two after every command.
 */
import type { ReservationStatus } from "../../contract/tables.ts";

export interface ModelStock {
  onHand: number;
  reserved: number;
  safetyStock: number;
  version: number;
}

/** The units of one SKU. Those that are neither fulfilled nor cancelled are reserved, in a hold or a sale. */
export interface ModelLine {
  quantity: number;
  fulfilled: number;
  cancelled: number;
  /** Of the fulfilled ones. */
  returned: number;
}

export interface ModelReservation {
  id: string;
  status: ReservationStatus;
  lines: Map<string, ModelLine>;
  createdAtMs: number;
  expiresAtMs: number;
  version: number;
  fingerprint: string;
  /** Idempotency keys of its changes, with their requests. */
  requests: Map<string, string>;
}

export interface Model {
  stock: Map<string, ModelStock>;
  reservations: ModelReservation[];
  keys: Map<string, ModelReservation>;
  adjustments: Map<string, string>;
}

export type Quantities = Map<string, number>;

export const emptyModel = (): Model => ({
  stock: new Map(),
  reservations: [],
  keys: new Map(),
  adjustments: new Map(),
});

/** The units that a request may take: at least none. */
export const availableOf = (model: Model, sku: string): number =>
  Math.max(0, balanceOf(model, sku));

/** The same, less than 0 where more units are reserved, or kept from sale, than are on hand. */
export const balanceOf = (model: Model, sku: string): number => {
  const { onHand, reserved, safetyStock } = model.stock.get(sku)!;
  return onHand - reserved - safetyStock;
};

export const mergeQuantities = (lines: readonly [string, number][]): Quantities => {
  const merged: Quantities = new Map();
  for (const [sku, quantity] of lines) merged.set(sku, (merged.get(sku) ?? 0) + quantity);
  return new Map([...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

/** The units of each line, as they were held or sold. */
export const quantitiesOf = ({ lines }: ModelReservation): Quantities =>
  new Map(Array.from(lines, ([sku, { quantity }]) => [sku, quantity]));

export const linesHeld = (quantities: Quantities): Map<string, ModelLine> =>
  new Map(
    Array.from(quantities, ([sku, quantity]) => [
      sku,
      { quantity, fulfilled: 0, cancelled: 0, returned: 0 },
    ]),
  );

export const openUnits = ({ quantity, fulfilled, cancelled }: ModelLine): number =>
  quantity - fulfilled - cancelled;

export const isDue = ({ status, expiresAtMs }: ModelReservation, nowMs: number): boolean =>
  status === "held" && expiresAtMs <= nowMs;

export const isSold = ({ status }: ModelReservation): boolean =>
  ["confirmed", "fulfilled", "cancelled"].includes(status);

/** The units of holds that are due, and not given back yet. */
export const dueUnits = (model: Model, sku: string, nowMs: number): number =>
  model.reservations
    .filter((reservation) => isDue(reservation, nowMs))
    .reduce((sum, { lines }) => sum + (lines.get(sku)?.quantity ?? 0), 0);

/** Ends a hold: its units are available again. */
export const endHold = (
  model: Model,
  reservation: ModelReservation,
  status: "released" | "expired",
): void => {
  reservation.status = status;
  reservation.version += 1;
  for (const [sku, { quantity }] of reservation.lines) model.stock.get(sku)!.reserved -= quantity;
};

/** Gives a reservation these units in place of those that it has: a hold, or a sale. */
export const holdLines = (
  model: Model,
  reservation: ModelReservation,
  quantities: Quantities,
): void => {
  const holds = reservation.status === "held" || reservation.status === "confirmed";
  for (const [sku, { quantity }] of holds ? reservation.lines : []) {
    model.stock.get(sku)!.reserved -= quantity;
  }
  for (const [sku, quantity] of quantities) model.stock.get(sku)!.reserved += quantity;
  reservation.lines = linesHeld(quantities);
};

export type SoldChange = "fulfill" | "cancel" | "returnUnits";

/** The units of a line that the change may concern. */
export const possibleUnits = (kind: SoldChange, line: ModelLine | undefined): number => {
  if (line === undefined) return 0;
  return kind === "returnUnits" ? line.fulfilled - line.returned : openUnits(line);
};

/** Fulfils, cancels or returns units of a sale. */
export const changeSold = (
  model: Model,
  reservation: ModelReservation,
  kind: SoldChange,
  quantities: Quantities,
): void => {
  for (const [sku, units] of quantities) {
    const line = reservation.lines.get(sku)!;
    const row = model.stock.get(sku)!;
    if (kind === "returnUnits") {
      line.returned += units;
      row.onHand += units;
    } else {
      line[kind === "fulfill" ? "fulfilled" : "cancelled"] += units;
      row.reserved -= units;
      if (kind === "fulfill") row.onHand -= units;
    }
  }
  reservation.version += 1;
  const lines = [...reservation.lines.values()];
  if (lines.some((line) => openUnits(line) > 0)) return;
  reservation.status = lines.some(({ fulfilled }) => fulfilled > 0) ? "fulfilled" : "cancelled";
};

/**
 * Random commands against a model of the whole engine: after each one, the outcome and every record
 * must be the model's. The clock is the test's, so that holds end in the middle of things.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { holdLifeMsMax, unitsMax } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import { callWithin, type Database } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { readItem } from "../../inventory/dynamodb/read-item.ts";
import { loadOf } from "../support/load-of.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { expectInvariants } from "../support/invariants.ts";

interface ModelStock {
  onHand: number;
  reserved: number;
  version: number;
}

interface ModelReservation {
  id: string;
  status: "held" | "confirmed" | "released" | "expired";
  lines: Map<string, number>;
  createdAtMs: number;
  expiresAtMs: number;
  version: number;
  fingerprint: string;
}

interface Model {
  stock: Map<string, ModelStock>;
  reservations: ModelReservation[];
  keys: Map<string, ModelReservation>;
  adjustments: Map<string, string>;
}

interface Real {
  inventory: Inventory;
  database: Database;
  clock: { nowMs: number };
  /** Keeps the SKUs and keys of this run apart from those of the runs before it. */
  name: (text: string) => string;
}

type Command = fc.AsyncCommand<Model, Real>;

const command = (title: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run: async (model, real) => {
    await run(model, real);
    await expectSameState(model, real);
  },
  toString: () => title,
});

const expectSameState = async (model: Model, { inventory, clock, name }: Real) => {
  for (const [sku, stock] of model.stock) {
    const { onHand, reserved, version } = stock;
    const row = await inventory.getStock(name(sku));
    expect(row).toMatchObject({ onHand, available: onHand - reserved, reserved });
    // A refused order of several lines takes units and gives them back, and ends may share a version.
    expect(row!.version).toBeGreaterThanOrEqual(version);
    stock.version = row!.version;
  }
  for (const reservation of model.reservations) {
    const isDue = reservation.status === "held" && reservation.expiresAtMs <= clock.nowMs;
    expect(await inventory.getReservation(reservation.id)).toMatchObject({
      status: isDue ? "expired" : reservation.status,
      expiresAtMs: reservation.expiresAtMs,
      version: reservation.version,
    });
  }
};

const change = (stock: ModelStock, onHandDelta: number, reservedDelta: number) => {
  stock.onHand += onHandDelta;
  stock.reserved += reservedDelta;
};

const end = (model: Model, reservation: ModelReservation, status: ModelReservation["status"]) => {
  reservation.status = status;
  reservation.version += 1;
  for (const [sku, quantity] of reservation.lines) {
    change(model.stock.get(sku)!, status === "confirmed" ? -quantity : 0, -quantity);
  }
};

const setStock = (
  sku: string,
  onHand: number,
  expectedVersion: number | undefined,
  allowShortfall: boolean,
) => {
  const title = `set ${sku} to ${onHand} at version ${expectedVersion}`;
  return command(`${title}${allowShortfall ? ", shortfall allowed" : ""}`, async (model, real) => {
    const input = { sku: real.name(sku), onHand, expectedVersion, allowShortfall };
    const result = await real.inventory.setStock(input);
    const stock = model.stock.get(sku);
    if (expectedVersion !== undefined && expectedVersion !== (stock?.version ?? 0)) {
      expect(result.outcome).toBe("version_mismatch");
    } else if (stock === undefined) {
      expect(result.outcome).toBe("created");
      model.stock.set(sku, { onHand, reserved: 0, version: 1 });
    } else if (stock.reserved > onHand && !allowShortfall) {
      expect(result.outcome).toBe("below_reserved");
    } else {
      expect(result.outcome).toBe("replaced");
      change(stock, onHand - stock.onHand, 0);
    }
  });
};

const adjustStock = (sku: string, delta: number, key: string | undefined) =>
  command(`adjust ${sku} by ${delta} under ${key}`, async (model, real) => {
    const result = await real.inventory.adjustStock({
      sku: real.name(sku),
      delta,
      reason: "model",
      idempotencyKey: key && real.name(key),
    });
    const stock = model.stock.get(sku);
    const used = key === undefined ? undefined : model.adjustments.get(`${sku} ${key}`);
    if (stock === undefined) expect(result.outcome).toBe("unknown_sku");
    else if (used !== undefined) {
      expect(result.outcome).toBe(used === `${delta}` ? "replayed" : "idempotency_key_reused");
    } else if (delta < 0 && stock.onHand - stock.reserved + delta < 0) {
      expect(result.outcome).toBe("insufficient_stock");
    } else if (stock.onHand + delta > unitsMax) {
      expect(result.outcome).toBe("above_units_max");
    } else {
      expect(result.outcome).toBe("adjusted");
      change(stock, delta, 0);
      if (key !== undefined) model.adjustments.set(`${sku} ${key}`, `${delta}`);
    }
  });

const reserve = (lines: [string, number][], ttlSeconds: number, key: string | undefined) =>
  command(`reserve ${lines.join(" ")} for ${ttlSeconds} s under ${key}`, async (model, real) => {
    const { clock } = real;
    const merged = new Map<string, number>();
    for (const [sku, quantity] of lines) merged.set(sku, (merged.get(sku) ?? 0) + quantity);
    const result = await real.inventory.reserve({
      lines: lines.map(([sku, quantity]) => ({ sku: real.name(sku), quantity })),
      ttlSeconds,
      idempotencyKey: key && real.name(key),
    });
    const fingerprint = JSON.stringify([[...merged].toSorted(), ttlSeconds]);
    const existing = key === undefined ? undefined : model.keys.get(key);
    if (existing !== undefined) {
      const isSame = existing.fingerprint === fingerprint;
      expect(result.outcome).toBe(isSame ? "replayed" : "idempotency_key_reused");
      return;
    }
    await noticeExpired(model, real);
    const unknown = [...merged.keys()].filter((sku) => !model.stock.has(sku));
    if (unknown.length > 0) {
      expect(result).toEqual({ outcome: "unknown_sku", skus: unknown.map(real.name).toSorted() });
      return;
    }
    const shortages = [...merged].flatMap(([sku, requested]) => {
      const stock = model.stock.get(sku)!;
      const available = Math.max(0, stock.onHand - stock.reserved);
      return available < requested ? [{ sku: real.name(sku), requested, available }] : [];
    });
    if (shortages.length > 0) {
      const isCurable = [...merged].every(([sku, requested]) => {
        const { onHand, reserved } = model.stock.get(sku)!;
        return onHand - reserved + dueUnits(model, sku, clock.nowMs) >= requested;
      });
      expect(isCurable, "dead holds cost this sale").toBe(false);
      if (result.outcome !== "insufficient_stock") throw new Error(result.outcome);
      const told = result.shortages.map(({ sku, requested, available }) => ({
        sku,
        requested,
        available,
      }));
      expect(told).toEqual(shortages.toSorted((a, b) => (a.sku < b.sku ? -1 : 1)));
      return;
    }
    if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
    for (const [sku, quantity] of merged) change(model.stock.get(sku)!, 0, quantity);
    const reservation: ModelReservation = {
      id: result.reservation.reservationId,
      status: "held",
      lines: merged,
      createdAtMs: clock.nowMs,
      expiresAtMs: clock.nowMs + ttlSeconds * 1000,
      version: result.reservation.version,
      fingerprint,
    };
    model.reservations.push(reservation);
    if (key !== undefined) model.keys.set(key, reservation);
  });

const dueUnits = (model: Model, sku: string, nowMs: number): number =>
  model.reservations
    .filter(({ status, expiresAtMs }) => status === "held" && expiresAtMs <= nowMs)
    .reduce((sum, { lines }) => sum + (lines.get(sku) ?? 0), 0);

/** A reserve that falls short expires as many due holds as it needs, whichever: look at the records. */
const noticeExpired = async (model: Model, { database, clock }: Real): Promise<void> => {
  for (const reservation of model.reservations) {
    if (reservation.status !== "held" || reservation.expiresAtMs > clock.nowMs) continue;
    const { reservations } = database.tables;
    const key = { reservationId: reservation.id };
    const item = await readItem<ReservationItem>(database, reservations, key, callWithin());
    if (item?.status === "expired") end(model, reservation, "expired");
  }
};

/** What a transition meets: the pick-th reservation, with a due hold expired by whoever comes. */
const settle = (model: Model, nowMs: number, pick: number): ModelReservation | undefined => {
  const reservation = model.reservations[pick % Math.max(model.reservations.length, 1)];
  if (reservation?.status === "held" && reservation.expiresAtMs <= nowMs) {
    end(model, reservation, "expired");
  }
  return reservation;
};

const unknownId = "00000000-0000-8000-8000-000000000000";

const confirm = (pick: number) =>
  command(`confirm #${pick}`, async (model, { inventory, clock }) => {
    const reservation = settle(model, clock.nowMs, pick);
    const { outcome } = await inventory.confirm(reservation?.id ?? unknownId);
    if (reservation?.status === "held") {
      end(model, reservation, "confirmed");
      await inventory.settleSales([reservation.id]);
      reservation.version += 1;
    }
    const outcomes = {
      held: "",
      confirmed: "confirmed",
      released: "reservation_released",
      expired: "reservation_expired",
    };
    expect(outcome).toBe(reservation ? outcomes[reservation.status] : "unknown_reservation");
  });

const release = (pick: number) =>
  command(`release #${pick}`, async (model, { inventory, clock }) => {
    const reservation = settle(model, clock.nowMs, pick);
    const { outcome } = await inventory.release(reservation?.id ?? unknownId);
    if (reservation?.status === "held") end(model, reservation, "released");
    const isConfirmed = reservation?.status === "confirmed";
    const expected = isConfirmed ? "reservation_confirmed" : "released";
    expect(outcome).toBe(reservation ? expected : "unknown_reservation");
  });

const extend = (pick: number, ttlSeconds: number) =>
  command(`extend #${pick} to ${ttlSeconds} s`, async (model, { inventory, clock }) => {
    const reservation = settle(model, clock.nowMs, pick);
    const reservationId = reservation?.id ?? unknownId;
    const { outcome } = await inventory.extend({ reservationId, ttlSeconds });
    const expiresAtMs = clock.nowMs + ttlSeconds * 1000;
    if (reservation?.status !== "held") {
      const expected = reservation ? `reservation_${reservation.status}` : "unknown_reservation";
      expect(outcome).toBe(expected);
    } else if (expiresAtMs - reservation.createdAtMs > holdLifeMsMax) {
      expect(outcome).toBe("hold_limit_reached");
    } else {
      expect(outcome).toBe("extended");
      reservation.expiresAtMs = expiresAtMs;
      reservation.version += 1;
    }
  });

const pass = (timeMs: number) =>
  command(`${timeMs} ms pass`, async (_, { clock }) => {
    clock.nowMs += timeMs;
  });

const sku = fc.constantFrom("a", "b", "c");
const key = fc.option(fc.constantFrom("key-1", "key-2", "key-3"), { nil: undefined });
const units = fc.oneof(fc.nat(12), fc.constantFrom(unitsMax, unitsMax - 1));
const quantity = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.constant(unitsMax) },
);
const ttl = fc.constantFrom(1, 2, 60, 86_400);
const pick = fc.nat(20);

const commands = fc.commands(
  [
    fc
      .tuple(sku, units, fc.option(fc.nat(6), { nil: undefined, freq: 2 }), fc.boolean())
      .map((args) => setStock(...args)),
    fc
      .tuple(sku, fc.integer({ min: -8, max: 8 }), key)
      .filter(([, delta]) => delta !== 0)
      .map((args) => adjustStock(...args)),
    fc
      .tuple(
        fc
          .array(fc.tuple(sku, quantity), { minLength: 1, maxLength: 4 })
          .filter((lines) => lines.reduce((sum, line) => sum + line[1], 0) <= unitsMax),
        ttl,
        key,
      )
      .map((args) => reserve(...args)),
    pick.map((index) => confirm(index)),
    pick.map((index) => release(index)),
    fc.tuple(pick, ttl).map((args) => extend(...args)),
    fc.constantFrom(1, 999, 1000, 60_000, 86_399_000).map((timeMs) => pass(timeMs)),
  ],
  { maxCommands: 40, size: "+1" },
);

let database: TestDatabase;
const clock = { nowMs: Date.UTC(2026, 10, 23) };
let run = 0;

beforeAll(async () => {
  database = await createTestDatabase({ now: () => clock.nowMs });
});

test("every state after random commands is the model's", async () => {
  const inventory = createInventory(database);
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      run += 1;
      const runName = run;
      const real: Real = { inventory, database, clock, name: (text) => `${text}-${runName}` };
      const setup = () => ({
        real,
        model: { stock: new Map(), reservations: [], keys: new Map(), adjustments: new Map() },
      });
      await fc.asyncModelRun(setup, sequence);
    }),
    { numRuns: loadOf(60) },
  );
  await expectInvariants(database);
});

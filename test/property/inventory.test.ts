/**
 * Random commands against a model of the whole engine: after each one, the outcome and every record
 * must be the model's. The clock is the test's, so that holds end in the middle of things.
 */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { holdLifeMsMax, unitsMax } from "../../contract/bounds.ts";
import type { ReservationItem } from "../../contract/tables.ts";
import type { Database } from "../../inventory/dynamodb/database.ts";
import { createInventory, type Inventory } from "../../inventory/inventory.ts";
import { readItem } from "../../inventory/dynamodb/read-item.ts";
import type { ReserveOutcome } from "../../inventory/reservations/reserve.ts";
import { levelNameOf, type LevelName } from "../../inventory/stock/level-key.ts";
import { patient } from "../support/holds.ts";
import { loadOf } from "../support/load-of.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { expectInvariants } from "../support/invariants.ts";
import {
  availableOf,
  balanceOf,
  changeSold,
  dueUnits,
  emptyModel,
  endHold,
  holdLines,
  isDue,
  isSold,
  mergeQuantities,
  openUnits,
  possibleUnits,
  quantitiesOf,
  type Model,
  type ModelReservation,
  type ModelStock,
  type Quantities,
  type SoldChange,
} from "../support/inventory-model.ts";

interface Real {
  inventory: Inventory;
  database: Database;
  clock: { nowMs: number };
  /** Keeps the SKUs and keys of this run apart from those of the runs before it. */
  name: (text: string) => string;
  /** The level of a key of the model. */
  level: (key: string) => LevelName;
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

const expectSameState = async (model: Model, real: Real) => {
  await Promise.all([
    ...Array.from(model.stock, (one) => expectSameStock(real, ...one)),
    ...model.reservations.map((one) => expectSameReservation(real, one)),
  ]);
};

const expectSameStock = async ({ inventory, level }: Real, key: string, stock: ModelStock) => {
  const { onHand, reserved, safetyStock, version } = stock;
  const row = await inventory.getLevel(level(key));
  expect(row).toMatchObject({ onHand, available: onHand - reserved - safetyStock, reserved });
  expect(row!.safetyStock ?? 0).toBe(safetyStock);
  // A refused order of several lines takes units and gives them back, and ends may share a version.
  expect(row!.version).toBeGreaterThanOrEqual(version);
  stock.version = row!.version;
};

const expectSameReservation = async (
  { inventory, clock, level }: Real,
  reservation: ModelReservation,
) => {
  const { id, status, expiresAtMs, version } = reservation;
  const found = await inventory.getReservation(id);
  expect(found).toMatchObject({
    status: isDue(reservation, clock.nowMs) ? "expired" : status,
    expiresAtMs,
    version,
  });
  const lines = Array.from(reservation.lines, ([key, { quantity, ...progress }]) => {
    const units = Object.entries(progress).filter(([, some]) => some > 0);
    return { ...level(key), quantity, ...Object.fromEntries(units) };
  });
  expect(found!.lines).toEqual(lines);
};

const change = (stock: ModelStock, onHandDelta: number, reservedDelta: number) => {
  stock.onHand += onHandDelta;
  stock.reserved += reservedDelta;
};

const setStock = (
  sku: string,
  onHand: number,
  expectedVersion: number | undefined,
  safetyStock: number | undefined,
  allowShortfall: boolean,
) => {
  const title = `set ${sku} to ${onHand}, safety stock ${safetyStock}, at version ${expectedVersion}`;
  return command(`${title}${allowShortfall ? ", shortfall allowed" : ""}`, async (model, real) => {
    const input = { ...real.level(sku), onHand, expectedVersion, safetyStock, allowShortfall };
    const result = await real.inventory.setStock(input);
    const stock = model.stock.get(sku);
    if (expectedVersion !== undefined && expectedVersion !== (stock?.version ?? 0)) {
      expect(result.outcome).toBe("version_mismatch");
    } else if (stock === undefined) {
      expect(result.outcome).toBe("created");
      model.stock.set(sku, { onHand, reserved: 0, safetyStock: safetyStock ?? 0, version: 1 });
    } else if (stock.reserved > onHand && !allowShortfall) {
      expect(result.outcome).toBe("below_reserved");
    } else {
      expect(result.outcome).toBe("replaced");
      change(stock, onHand - stock.onHand, 0);
      stock.safetyStock = safetyStock ?? stock.safetyStock;
    }
  });
};

const adjustStock = (sku: string, delta: number, key: string | undefined) =>
  command(`adjust ${sku} by ${delta} under ${key}`, async (model, real) => {
    const result = await real.inventory.adjustStock({
      ...real.level(sku),
      delta,
      reason: "model",
      idempotencyKey: key && real.name(key),
    });
    await noticeExpired(model, real);
    const stock = model.stock.get(sku);
    const used = key === undefined ? undefined : model.adjustments.get(`${sku} ${key}`);
    if (stock === undefined) expect(result.outcome).toBe("unknown_sku");
    else if (used !== undefined) {
      expect(result.outcome).toBe(used === `${delta}` ? "replayed" : "idempotency_key_reused");
    } else if (delta < 0 && balanceOf(model, sku) + delta < 0) {
      expect(result.outcome).toBe("insufficient_stock");
    } else if (stock.onHand + delta > unitsMax) {
      expect(result.outcome).toBe("above_units_max");
    } else {
      expect(result.outcome).toBe("adjusted");
      change(stock, delta, 0);
      if (key !== undefined) model.adjustments.set(`${sku} ${key}`, `${delta}`);
    }
  });

const linesOf = (quantities: Quantities, { level }: Real) =>
  Array.from(quantities, ([key, quantity]) => ({ ...level(key), quantity }));

type Refusal = Extract<ReserveOutcome, { outcome: "insufficient_stock" | "unknown_sku" }>;

const reserve = (
  lines: [string, number][],
  ttlSeconds: number,
  key: string | undefined,
  allowPartial: boolean,
) => {
  const title = `reserve ${allowPartial ? "some of " : ""}${lines.join(" ")}`;
  return command(`${title} for ${ttlSeconds} s under ${key}`, async (model, real) => {
    const { clock, name, level } = real;
    const wanted = mergeQuantities(lines);
    const result = await real.inventory.reserve({
      lines: lines.map(([sku, quantity]) => ({ ...level(sku), quantity })),
      ttlSeconds,
      allowPartial,
      idempotencyKey: key && name(key),
    });
    // Also a request that its key refuses may have met a shortage, and ended dead holds.
    await noticeExpired(model, real);
    const fingerprint = JSON.stringify([[...wanted], ttlSeconds, allowPartial]);
    const existing = key === undefined ? undefined : model.keys.get(key);
    if (existing !== undefined) {
      const isSame = existing.fingerprint === fingerprint;
      expect(result.outcome).toBe(isSame ? "replayed" : "idempotency_key_reused");
      return;
    }
    const held = allowPartial ? whatThereIs(model, wanted, real) : wanted;
    if (held.size === 0 || !isThere(model, held)) {
      await expectRefusal(model, real, wanted, result);
      return;
    }
    if (result.outcome !== "reserved") throw new Error(`expected a hold, got ${result.outcome}`);
    const short = [...wanted].filter(([sku, requested]) => (held.get(sku) ?? 0) < requested);
    expect(result.reservation.shortages ?? []).toEqual(
      short.map(([sku, requested]) => ({
        ...level(sku),
        requested,
        available: held.get(sku) ?? 0,
      })),
    );
    const reservation: ModelReservation = {
      id: result.reservation.reservationId,
      status: "held",
      lines: new Map(),
      createdAtMs: clock.nowMs,
      expiresAtMs: clock.nowMs + ttlSeconds * 1000,
      version: result.reservation.version,
      fingerprint,
      requests: new Map(),
    };
    holdLines(model, reservation, held);
    model.reservations.push(reservation);
    if (key !== undefined) model.keys.set(key, reservation);
  });
};

/** True when all SKUs are known, and have as many units available. */
const isThere = (model: Model, quantities: Quantities): boolean =>
  [...quantities].every(([sku, units]) => model.stock.has(sku) && availableOf(model, sku) >= units);

/** The units that a partial hold gets; those that were wanted where a SKU is unknown. */
const whatThereIs = (model: Model, wanted: Quantities, { clock }: Real): Quantities => {
  if ([...wanted.keys()].some((sku) => !model.stock.has(sku))) return wanted;
  const some = [...wanted].map(([sku, units]): [string, number] => {
    const available = availableOf(model, sku);
    if (available < units) {
      expect(dueUnits(model, sku, clock.nowMs), "dead holds cost this sale").toBe(0);
    }
    return [sku, Math.min(units, available)];
  });
  return new Map(some.filter(([, units]) => units > 0));
};

/** Expects the refusal of units that are not there, with every line that is short. */
const expectRefusal = async (
  model: Model,
  { clock, level }: Real,
  wanted: Quantities,
  result: { outcome: string },
): Promise<void> => {
  const refusal = result as Refusal;
  const unknown = [...wanted.keys()].filter((sku) => !model.stock.has(sku));
  if (unknown.length > 0) {
    expect(refusal).toEqual({
      outcome: "unknown_sku",
      unknown: unknown.toSorted().map(level),
    });
    return;
  }
  const isCurable = [...wanted].every(
    ([sku, units]) => balanceOf(model, sku) + dueUnits(model, sku, clock.nowMs) >= units,
  );
  expect(isCurable, "dead holds cost this sale").toBe(false);
  if (refusal.outcome !== "insufficient_stock") throw new Error(refusal.outcome);
  const reported = refusal.shortages.map(({ nextExpiryAtMs: _next, ...shortage }) => shortage);
  const shortages = [...wanted].flatMap(([sku, requested]) => {
    const available = availableOf(model, sku);
    return available < requested ? [{ ...level(sku), requested, available }] : [];
  });
  expect(reported).toEqual(shortages);
};

const recordOf = ({ database }: Real, reservationId: string) =>
  readItem<ReservationItem>(database, database.tables.reservations, { reservationId }, patient());

/** A request that meets a shortage expires as many due holds as it needs, whichever: look at the records. */
const noticeExpired = async (model: Model, real: Real): Promise<void> => {
  for (const reservation of model.reservations) {
    if (!isDue(reservation, real.clock.nowMs)) continue;
    const item = await recordOf(real, reservation.id);
    if (item?.status === "expired") endHold(model, reservation, "expired");
  }
};

/** A refusal may write the record again as it was, so that no late copy of the request commits. */
const noticeVersion = async (real: Real, reservation: ModelReservation): Promise<void> => {
  const { version } = (await recordOf(real, reservation.id))!;
  expect([reservation.version, reservation.version + 1]).toContain(version);
  reservation.version = version;
};

const picked = (model: Model, pick: number): ModelReservation | undefined =>
  model.reservations[pick % Math.max(model.reservations.length, 1)];

/** The pick-th reservation, which the call that meets it expires where it is due. */
const settle = (model: Model, nowMs: number, pick: number): ModelReservation | undefined => {
  const reservation = picked(model, pick);
  if (reservation && isDue(reservation, nowMs)) endHold(model, reservation, "expired");
  return reservation;
};

const unknownId = "00000000-0000-8000-8000-000000000000";

/** The refusals of changes of holds, by the status that a reservation has instead. */
const refusals = {
  confirmed: "reservation_confirmed",
  fulfilled: "reservation_confirmed",
  cancelled: "reservation_confirmed",
  released: "reservation_released",
  expired: "reservation_expired",
};

interface ConfirmWanted {
  lines: [string, number][] | undefined;
  fulfills: boolean;
  reacquires: boolean;
}

const confirm = (pick: number, { lines, fulfills, reacquires }: ConfirmWanted) =>
  command(
    `confirm #${pick} ${lines ? `with ${lines.join(" ")}` : ""}${fulfills ? " fulfill" : ""}${reacquires ? " reacquire" : ""}`,
    async (model, real) => {
      const reservation = reacquires ? picked(model, pick) : settle(model, real.clock.nowMs, pick);
      const result = await real.inventory.confirm(reservation?.id ?? unknownId, undefined, {
        lines: lines && linesOf(mergeQuantities(lines), real),
        fulfills,
        reacquires,
      });
      expect(result.outcome).toBe(
        reservation === undefined
          ? "unknown_reservation"
          : await sell(model, real, reservation, lines && mergeQuantities(lines), reacquires),
      );
      if (result.outcome === "confirmed" && fulfills) fulfilRest(model, reservation!);
    },
  );

/** Sells a reservation in the model. Returns the outcome that is expected of it. */
const sell = async (
  model: Model,
  real: Real,
  reservation: ModelReservation,
  lines: Quantities | undefined,
  reacquires: boolean,
): Promise<string> => {
  const { status } = reservation;
  if (isSold(reservation)) return "confirmed";
  if (status === "released" || (status === "expired" && !reacquires)) {
    return `reservation_${status}`;
  }
  const had = quantitiesOf(reservation);
  const wanted = lines ?? had;
  if ([...wanted].some(([sku, units]) => units > (had.get(sku) ?? 0))) return "exceeds_reservation";
  if (status === "expired") {
    await noticeExpired(model, real);
    if (!isThere(model, wanted)) {
      await noticeVersion(real, reservation);
      return "reservation_expired";
    }
  }
  holdLines(model, reservation, wanted);
  reservation.status = "confirmed";
  reservation.version += 1;
  return "confirmed";
};

/** Fulfils all that is open of a sale. */
const fulfilRest = (model: Model, reservation: ModelReservation): void => {
  if (reservation.status !== "confirmed") return;
  const open = Array.from(reservation.lines, ([sku, line]) => [sku, openUnits(line)] as const);
  changeSold(model, reservation, "fulfill", new Map(open.filter(([, units]) => units > 0)));
};

const settleSales = (pick: number) =>
  command(`settle the sale of #${pick}`, async (model, { inventory }) => {
    const reservation = picked(model, pick);
    await inventory.settleSales([reservation?.id ?? unknownId]);
    if (reservation) fulfilRest(model, reservation);
  });

const release = (pick: number) =>
  command(`release #${pick}`, async (model, { inventory, clock }) => {
    const reservation = settle(model, clock.nowMs, pick);
    const { outcome } = await inventory.release(reservation?.id ?? unknownId);
    if (reservation?.status === "held") endHold(model, reservation, "released");
    const expected = reservation && isSold(reservation) ? "reservation_confirmed" : "released";
    expect(outcome).toBe(reservation ? expected : "unknown_reservation");
  });

const extend = (pick: number, ttlSeconds: number) =>
  command(`extend #${pick} to ${ttlSeconds} s`, async (model, { inventory, clock }) => {
    const reservation = settle(model, clock.nowMs, pick);
    const reservationId = reservation?.id ?? unknownId;
    const { outcome } = await inventory.extend({ reservationId, ttlSeconds });
    const expiresAtMs = clock.nowMs + ttlSeconds * 1000;
    if (reservation?.status !== "held") {
      expect(outcome).toBe(reservation ? refusals[reservation.status] : "unknown_reservation");
    } else if (expiresAtMs - reservation.createdAtMs > holdLifeMsMax) {
      expect(outcome).toBe("hold_limit_reached");
    } else {
      expect(outcome).toBe("extended");
      reservation.expiresAtMs = expiresAtMs;
      reservation.version += 1;
    }
  });

/** The outcome of a request under a key that the reservation knows; undefined for a new one. */
const knownOutcome = (
  { requests }: ModelReservation,
  key: string | undefined,
  request: string,
): string | undefined => {
  const known = key === undefined ? undefined : requests.get(key);
  if (known === undefined) return undefined;
  return known === request ? "replayed" : "idempotency_key_reused";
};

const changeHold = (
  pick: number,
  lines: [string, number][],
  key: string | undefined,
  expectedVersion: number | undefined,
) =>
  command(
    `change #${pick} to ${lines.join(" ")} under ${key} at version ${expectedVersion}`,
    async (model, real) => {
      const wanted = mergeQuantities(lines);
      const reservation = picked(model, pick);
      const result = await real.inventory.changeHold({
        reservationId: reservation?.id ?? unknownId,
        lines: linesOf(wanted, real),
        idempotencyKey: key,
        expectedVersion,
      });
      const { outcome } = result;
      if (reservation === undefined) {
        expect(outcome).toBe("unknown_reservation");
        return;
      }
      const request = JSON.stringify(["change", ...wanted]);
      const known = knownOutcome(reservation, key, request);
      if (known !== undefined) {
        expect(outcome).toBe(known);
        return;
      }
      settle(model, real.clock.nowMs, pick);
      const { status, version } = reservation;
      if (status !== "held") {
        expect(outcome).toBe(refusals[status]);
      } else if (expectedVersion !== undefined && expectedVersion !== version) {
        expect(outcome).toBe("version_mismatch");
      } else {
        await noticeExpired(model, real);
        const had = quantitiesOf(reservation);
        const more = [...wanted]
          .map(([sku, units]) => [sku, units - (had.get(sku) ?? 0)] as const)
          .filter(([, units]) => units > 0);
        if (!isThere(model, new Map(more))) {
          await expectRefusal(model, real, new Map(more), result);
          await noticeVersion(real, reservation);
          return;
        }
        expect(outcome).toBe("changed");
        const isSame = JSON.stringify([...had]) === JSON.stringify([...wanted]);
        if (isSame && key === undefined) return;
        holdLines(model, reservation, wanted);
        reservation.version += 1;
        if (key !== undefined) reservation.requests.set(key, request);
      }
    },
  );

const done: Record<SoldChange, string> = {
  fulfill: "fulfilled",
  cancel: "cancelled",
  returnUnits: "returned",
};

const soldUnits = (
  kind: SoldChange,
  pick: number,
  lines: [string, number][] | undefined,
  key: string | undefined,
) =>
  command(`${kind} #${pick} ${lines?.join(" ") ?? "whole"} under ${key}`, async (model, real) => {
    const reservation = picked(model, pick);
    const wanted = lines && mergeQuantities(lines);
    const input = {
      reservationId: reservation?.id ?? unknownId,
      lines: wanted && linesOf(wanted, real),
      idempotencyKey: key,
    };
    const result =
      kind === "returnUnits"
        ? await real.inventory.returnUnits({ ...input, lines: input.lines ?? [], reason: "model" })
        : await real.inventory[kind](input);
    if (reservation === undefined) {
      expect(result.outcome).toBe("unknown_reservation");
      return;
    }
    const request = JSON.stringify([kind, wanted && [...wanted]]);
    const known = knownOutcome(reservation, key, request);
    if (known !== undefined) {
      expect(result.outcome).toBe(known);
      return;
    }
    if (!isSold(reservation)) {
      expect(result.outcome).toBe("reservation_not_confirmed");
      return;
    }
    const all = Array.from(
      reservation.lines,
      ([sku, line]) => [sku, possibleUnits(kind, line)] as const,
    );
    const concerned = wanted ?? new Map(all.filter(([, units]) => units > 0));
    const excess = [...concerned].flatMap(([sku, requested]) => {
      const possible = possibleUnits(kind, reservation.lines.get(sku));
      return requested > possible ? [{ ...real.level(sku), requested, possible }] : [];
    });
    const wasMade = [...reservation.lines.values()].some(
      (line) => (kind === "fulfill" ? line.fulfilled : line.cancelled) > 0,
    );
    if (excess.length > 0 || (concerned.size === 0 && !wasMade)) {
      expect(result).toMatchObject({ outcome: "exceeds_reservation", excess });
      return;
    }
    expect(result.outcome).toBe(done[kind]);
    if (concerned.size === 0) return;
    changeSold(model, reservation, kind, concerned);
    if (key !== undefined) reservation.requests.set(key, request);
  });

const pass = (timeMs: number) =>
  command(`${timeMs} ms pass`, async (_, { clock }) => {
    clock.nowMs += timeMs;
  });

/** Keys of levels: a SKU at two locations, and another one. */
const sku = fc.constantFrom("a", "a@ams1", "b");
const key = fc.option(fc.constantFrom("key-1", "key-2", "key-3"), { nil: undefined });
const units = fc.oneof(fc.nat(12), fc.constantFrom(unitsMax, unitsMax - 1));
const quantity = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.constant(unitsMax) },
);
const ttl = fc.constantFrom(1, 2, 60, 86_400);
const pick = fc.nat(6);
const some = fc.boolean();
const lines = fc
  .array(fc.tuple(sku, quantity), { minLength: 1, maxLength: 4 })
  .filter((all) => all.reduce((sum, line) => sum + line[1], 0) <= unitsMax);
const fewLines = fc.array(fc.tuple(sku, fc.integer({ min: 1, max: 3 })), {
  minLength: 1,
  maxLength: 2,
});
const fewLinesOrAll = fc.option(fewLines, { nil: undefined, freq: 2 });

const commands = fc.commands(
  [
    fc
      .tuple(
        sku,
        units,
        fc.option(fc.nat(6), { nil: undefined, freq: 2 }),
        fc.option(fc.nat(6), { nil: undefined, freq: 1 }),
        some,
      )
      .map((args) => setStock(...args)),
    fc
      .tuple(sku, fc.integer({ min: -8, max: 8 }), key)
      .filter(([, delta]) => delta !== 0)
      .map((args) => adjustStock(...args)),
    fc.tuple(lines, ttl, key, some).map((args) => reserve(...args)),
    fc
      .tuple(pick, fc.record({ lines: fewLinesOrAll, fulfills: some, reacquires: some }))
      .map((args) => confirm(...args)),
    fc.tuple(pick, fewLinesOrAll, key).map((args) => soldUnits("fulfill", ...args)),
    fc.tuple(pick, fewLinesOrAll, key).map((args) => soldUnits("cancel", ...args)),
    fc.tuple(pick, fewLines, key).map((args) => soldUnits("returnUnits", ...args)),
    fc
      .tuple(
        pick,
        lines,
        key,
        fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
      )
      .map((args) => changeHold(...args)),
    pick.map((index) => settleSales(index)),
    pick.map((index) => release(index)),
    fc.tuple(pick, ttl).map((args) => extend(...args)),
    fc.constantFrom(1, 999, 1000, 60_000, 86_399_000).map((timeMs) => pass(timeMs)),
  ],
  { maxCommands: 50, size: "+1" },
);

let database: TestDatabase;
const clock = { nowMs: Date.UTC(2026, 10, 23) };
let run = 0;

beforeAll(async () => {
  database = await createTestDatabase({ now: () => clock.nowMs });
});

test("every state after random commands is the model's", { timeout: 400_000 }, async () => {
  const inventory = createInventory(database);
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      run += 1;
      const runName = run;
      const name = (text: string) => `${text}-${runName}`;
      const level = (levelKey: string) => {
        const { sku: text, ...location } = levelNameOf(levelKey);
        return { sku: name(text), ...location };
      };
      const real: Real = { inventory, database, clock, name, level };
      const setup = () => ({
        real,
        model: emptyModel(),
      });
      await fc.asyncModelRun(setup, sequence);
    }),
    { numRuns: loadOf(60) },
  );
  await expectInvariants(database);
});

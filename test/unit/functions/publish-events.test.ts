import type { SNSClient } from "@aws-sdk/client-sns";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InventoryEvent } from "../../../contract/events.ts";
import { eventsOf } from "../../../functions/events/inventory-events.ts";
import { batchesOf, publishEvents } from "../../../functions/events/publish-events.ts";
import { reservationItem, stockItem } from "./stream-images.ts";

const settings = { source: "urn:holdfast:Shop:Holdfast", lowStockThreshold: 0 };

/** The event of a reservation with so many lines, each with a SKU as long as they may be. */
const eventWith = (reservationId: string, lineCount = 1): InventoryEvent => {
  const lines = Array.from({ length: lineCount }, (_, index) => ({
    sku: `${index}`.padStart(128, "s"),
    quantity: 1,
  }));
  const after = reservationItem({ reservationId, lines });
  return eventsOf({ id: "change", table: "reservations", after }, settings)[0]!;
};

const indexesIn = (batches: ReturnType<typeof batchesOf>) =>
  batches.map((entries) => entries.map(({ Id }) => Number(Id)));

const subjects = (names: string) => names.split("").map((name) => eventWith(name));

describe("events are published in batches", () => {
  test("of ten at most", () => {
    expect(indexesIn(batchesOf(subjects("abcdefghijkl")))).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [10, 11],
    ]);
  });

  test("none of which has two events of one subject", () => {
    expect(indexesIn(batchesOf(subjects("abacb")))).toEqual([
      [0, 1],
      [2, 3, 4],
    ]);
  });

  test("none when there are none", () => {
    expect(batchesOf([])).toEqual([]);
  });

  test("of no more bytes than SNS takes at once", () => {
    const batches = batchesOf("abcdef".split("").map((name) => eventWith(name, 500)));
    // Each is some 80 KB: three are, four are not.
    expect(indexesIn(batches)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  test("in their order, each event once, within SNS's bounds, whatever comes", () => {
    const events = fc.array(
      fc
        .tuple(
          fc.constantFrom(..."abcdefghijklmnop".split("")),
          fc.constantFrom(1, 1, 1, 20, 300, 500),
        )
        .map(([name, lineCount]) => eventWith(name, lineCount)),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(events, (all) => {
        const batches = batchesOf(all);
        expect(indexesIn(batches).flat()).toEqual(all.map((_, index) => index));
        for (const entries of batches) {
          expect(entries.length).toBeGreaterThan(0);
          expect(entries.length).toBeLessThanOrEqual(10);
          const told = entries.map(({ Message }) => JSON.parse(Message) as InventoryEvent);
          expect(new Set(told.map(({ subject }) => subject)).size).toBe(entries.length);
          const bytes = entries.reduce((sum, { Message }) => sum + Buffer.byteLength(Message), 0);
          expect(bytes).toBeLessThanOrEqual(256 * 1024);
        }
      }),
    );
  });
});

describe("an event's attributes", () => {
  const attributesOf = (event: InventoryEvent) =>
    Object.fromEntries(
      Object.entries(batchesOf([event])[0]![0]!.MessageAttributes).map(([name, value]) => [
        name,
        value,
      ]),
    );
  const text = (StringValue: string) => ({ DataType: "String", StringValue });

  test("are its type and, where it is about a single one, its SKU", () => {
    const lines = [{ sku: "shirt", quantity: 2 }];
    const [single] = eventsOf(
      { id: "change", table: "reservations", after: reservationItem({ lines }) },
      settings,
    );
    expect(attributesOf(single!)).toEqual({ type: text("reservation.held"), sku: text("shirt") });
    const [depleted] = eventsOf(
      {
        id: "change",
        table: "stock",
        before: stockItem(),
        after: stockItem({ available: 0, version: 2 }),
      },
      settings,
    );
    expect(attributesOf(depleted!)).toEqual({ type: text("stock.depleted"), sku: text("shirt") });
  });

  test("name the location of its units, where it is not the default one", () => {
    const lines = [{ sku: "shirt", location: "ams1", quantity: 2 }];
    const [single] = eventsOf(
      { id: "change", table: "reservations", after: reservationItem({ lines }) },
      settings,
    );
    const names = { sku: text("shirt"), location: text("ams1") };
    expect(attributesOf(single!)).toEqual({ type: text("reservation.held"), ...names });
    const before = stockItem({ sku: "shirt@ams1" });
    const after = { ...before, available: 0, version: 2 };
    const [depleted] = eventsOf({ id: "change", table: "stock", before, after }, settings);
    expect(attributesOf(depleted!)).toEqual({ type: text("stock.depleted"), ...names });
  });

  test("name no SKU where there are several, or none", () => {
    expect(attributesOf(eventWith("a", 2))).toEqual({ type: text("reservation.held") });
    const after = reservationItem({ status: "released", lines: [] });
    const [cancelled] = eventsOf({ id: "change", table: "reservations", after }, settings);
    expect(attributesOf(cancelled!)).toEqual({ type: text("reservation.released") });
  });

  test("come with the whole event as the message", () => {
    const event = eventWith("a", 500);
    expect(JSON.parse(batchesOf([event])[0]![0]!.Message)).toEqual(event);
  });
});

test("publishing uses the abort signal of the platform that it is given", async () => {
  const delaysMs: number[] = [];
  const expired = AbortSignal.abort(new Error("the deadline"));
  const send = async (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) => {
    abortSignal.throwIfAborted();
    return Promise.resolve({});
  };
  const platform = {
    timeoutSignal: (delayMs: number) => {
      delaysMs.push(delayMs);
      return expired;
    },
  };
  const published = await publishEvents(
    { send } as unknown as SNSClient,
    "topic",
    [eventWith("a")],
    { remainingMs: () => 1_234.5 },
    platform,
  );
  expect(published).toMatchObject({ done: 0, failure: expired.reason });
  expect(delaysMs).toEqual([1_234]);
});

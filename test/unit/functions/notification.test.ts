import { describe, expect, test } from "vitest";
import { inventoryEventTypes, type InventoryEvent } from "../../../contract/events.ts";
import { eventsOf } from "../../../functions/events/inventory-events.ts";
import { readInventoryEvent } from "../../../functions/events/read-inventory-event.ts";
import { RefusedMessage } from "../../../functions/events/read-message.ts";
import { notificationOf } from "../../../functions/notifications/notification.ts";
import { reservationItem, startMs, stockItem } from "./stream-images.ts";

const settings = { source: "urn:holdfast:Shop:Holdfast", lowStockThreshold: 5 };

const held = eventsOf(
  { id: "change", table: "reservations", after: reservationItem() },
  settings,
)[0]!;
const [low, depleted] = eventsOf(
  {
    id: "change",
    table: "stock",
    before: stockItem(),
    after: stockItem({ available: 0, reserved: 10, version: 2 }),
  },
  settings,
) as [InventoryEvent, InventoryEvent];

describe("a notification", () => {
  test("says what became of an order, of what it was and when", () => {
    expect(notificationOf(held)).toEqual({
      subject: "Order order-1 is held",
      text: [
        "Order order-1 is held.",
        "",
        "1 x hat",
        "2 x shirt",
        "",
        "At 2026-01-02T03:04:05.678Z",
      ].join("\n"),
      eventId: `reservation.held/r1/${startMs}/1`,
      eventType: "reservation.held",
    });
  });

  test("names the reservation where there is no order", () => {
    const { orderId: _, ...after } = reservationItem();
    const [event] = eventsOf({ id: "change", table: "reservations", after }, settings);
    expect(notificationOf(event!).subject).toBe("Reservation r1 is held");
  });

  test("names the location of units, where it is not the default one", () => {
    const before = stockItem({ sku: "shirt@ams1" });
    const after = { ...before, available: 0, version: 2 };
    const [lowThere] = eventsOf({ id: "change", table: "stock", before, after }, settings);
    expect(notificationOf(lowThere!).subject).toBe("SKU shirt at ams1 is running low");
    const lines = [{ sku: "shirt", location: "ams1", quantity: 2 }];
    const [heldThere] = eventsOf(
      { id: "change", table: "reservations", after: reservationItem({ lines }) },
      settings,
    );
    expect(notificationOf(heldThere!).text).toContain("2 x shirt at ams1");
  });

  test("says of a SKU how many units there are", () => {
    expect(notificationOf(depleted)).toEqual({
      subject: "SKU shirt is sold out",
      text: [
        "SKU shirt is sold out.",
        "",
        "Available: 0",
        "Reserved: 10",
        "On hand: 10",
        "",
        "At 2026-01-02T03:04:05.678Z",
      ].join("\n"),
      eventId: "stock.depleted/shirt/2",
      eventType: "stock.depleted",
    });
    expect(notificationOf(low).subject).toBe("SKU shirt is running low");
  });

  test("has words of its own for each type of event", () => {
    const subjects = inventoryEventTypes.map((type) => {
      const event = { ...(type.startsWith("stock.") ? low : held), type } as InventoryEvent;
      return notificationOf(event).subject.replace(/^(Order order-1|SKU shirt) /, "");
    });
    expect(new Set(subjects).size).toBe(inventoryEventTypes.length);
    for (const subject of subjects) expect(subject).toMatch(/^(is|has|was|could not be) \w+/);
  });
});

describe("an event of ours in a queue", () => {
  test.each([held, low, depleted])("is read as it was published: $type", (event) => {
    expect(readInventoryEvent(JSON.stringify(event))).toEqual(event);
    const wrapped = { Type: "Notification", TopicArn: "t", Message: JSON.stringify(event) };
    expect(readInventoryEvent(JSON.stringify(wrapped))).toEqual(event);
  });

  test.each<[string, object, RegExp]>([
    [
      "of another type",
      { ...held, type: "reservation.lost" },
      /^type "reservation.lost" is none of/,
    ],
    ["without a type", {}, /^type undefined is none of Holdfast's$/],
    ["without data", { ...held, data: undefined }, /^reservation\.held: data: /],
    ["of another version", { ...held, specversion: "0.3" }, /^reservation\.held: specversion: /],
    [
      "with data of another type",
      { ...held, type: "stock.low" },
      /^stock\.low: .*data\.available: .*data\.lowStockThreshold: /,
    ],
    ["at no time", { ...held, time: "yesterday" }, /^reservation\.held: time: /],
  ])("is refused for good %s, with what is wrong", (_, message, reason) => {
    const read = () => readInventoryEvent(JSON.stringify(message));
    expect(read).toThrow(RefusedMessage);
    expect(read).toThrow(reason);
  });
});

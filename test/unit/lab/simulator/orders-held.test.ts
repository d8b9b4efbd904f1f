/** An order is held once, and its cancel or payment reaches its holds. */
import { describe, expect, test } from "vitest";
import { reservationIdOfOrder } from "../../../../inventory/shop-orders/order-record.ts";
import type { ShopOperations } from "../../../../lab/simulator/cloud/shop-calls.ts";
import { alice, bob, handMadeRun, heldBy, hold, next } from "./hand-made-run.ts";

const orderId = "order-1";
const byEvent = reservationIdOfOrder(orderId);

const runOfOrders = () => {
  const run = handMadeRun();
  run.count(10);
  const holdAs = (reservationId: string, more: object = {}) =>
    run.put(heldBy(run.place(hold({ reservationId })), { orderId, ...more }));
  return { run, holdAs };
};

describe("an order", () => {
  test.each([
    ["over HTTP and then by its event", alice, byEvent],
    ["by its event and then over HTTP", byEvent, alice],
  ])("is not held %s", (_, first, second) => {
    const { run, holdAs } = runOfOrders();
    holdAs(first);
    expect(run.violations).toEqual([]);
    holdAs(second);
    expect(run.messages).toEqual([`order_held_twice: held as ${second} and as ${first}`]);
  });

  test("may have several reservations over HTTP", () => {
    const { run, holdAs } = runOfOrders();
    holdAs(alice);
    holdAs(bob);
    expect(run.violations).toEqual([]);
  });

  test("is held once where the hold is superseded, extended or confirmed", () => {
    const { run, holdAs } = runOfOrders();
    const item = holdAs(alice);
    run.put(next(item));
    run.put(next(next(item), { status: "confirmed" }));
    expect(run.violations).toEqual([]);
  });

  test("may be held by its event after a hold over HTTP was confirmed by no one", () => {
    const { run, holdAs } = runOfOrders();
    run.put(
      heldBy(
        { ...hold(), key: "", value: 0, version: 0 },
        { orderId, status: "abandoned", lines: [], parts: [] },
      ),
    );
    holdAs(byEvent);
    expect(run.violations).toEqual([]);
  });

  test("of another id is another order", () => {
    const { run, holdAs } = runOfOrders();
    holdAs(alice, { orderId: "order-2" });
    holdAs(byEvent);
    expect(run.violations).toEqual([]);
  });
});

describe("the end of an order", () => {
  const ends = [
    ["cancelOrder", { outcome: "released" }],
    ["payOrder", { outcome: "unknown_order" }],
    ["payOrder", { outcome: "not_held", status: "expired" }],
  ] as const;
  type Outcome = ShopOperations["payOrder" | "cancelOrder"]["outcome"];

  test.each(ends)("that misses a hold (%s)", (operation, outcome: Outcome) => {
    for (const [id, way] of [
      [alice, "over HTTP"],
      [byEvent, "by event"],
    ] as const) {
      const { run, holdAs } = runOfOrders();
      holdAs(id);
      run.at(100);
      run.answer({ operation, input: { orderId } }, outcome, { startedAtMs: 50 });
      expect(run.messages).toContain(
        `order_end_missed: ${operation}: ${outcome.outcome}, and ${id} is still held ${way}`,
      );
    }
  });

  test.each(ends)(
    "may miss a hold that began meanwhile or is due (%s)",
    (operation, outcome: Outcome) => {
      const { run, holdAs } = runOfOrders();
      run.at(100);
      holdAs(alice);
      run.at(150);
      run.answer({ operation, input: { orderId } }, outcome, { startedAtMs: 50 });
      run.at(60_000);
      run.answer({ operation, input: { orderId } }, outcome, { startedAtMs: 59_950 });
      expect(run.violations).not.toContain("order_end_missed");
    },
  );
});

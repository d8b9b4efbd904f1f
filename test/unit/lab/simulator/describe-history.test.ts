import { expect, test } from "vitest";
import type { ReservationItem, StockItem } from "../../../../contract/tables.ts";
import { createCallLog } from "../../../../lab/simulator/checks/call-log.ts";
import { describeHistory } from "../../../../lab/simulator/checks/describe-history.ts";
import type { CommittedChange } from "../../../../lab/simulator/checks/history.ts";
import { createTimeline } from "../../../../lab/simulator/checks/timeline.ts";
import { epochMs } from "../../../../lab/simulator/cloud/environment.ts";
import type { CallRecord } from "../../../../lab/simulator/cloud/holdfast.ts";
import { alice, bob, heldBy, hold, mug, next, runWithHold } from "./hand-made-run.ts";

const lines = [{ sku: "mug", quantity: 2 }];
const record = (orderId?: string) =>
  ({
    reservationId: "held-1",
    status: "held",
    version: 1,
    expiresAtMs: epochMs + 9_000,
    lines,
    parts: [],
    orderId,
  }) as unknown as ReservationItem;

const attempt = (requestNumber: number, number = 1, isCopy = false) =>
  ({
    sender: "reserve-1",
    requestNumber,
    number,
    isCopy,
    request: { operation: "UpdateItem" },
  }) as CommittedChange["commit"]["attempt"];

const stockChange = (atMs: number, requestNumber: number, available: number): CommittedChange => {
  const after: StockItem = {
    sku: "mug",
    onHand: 5,
    available,
    reserved: 5 - available,
    version: requestNumber,
    updatedAtMs: 0,
    open: {},
    onHandVersion: 1,
    lastChange: { kind: "hold" },
  };
  const commit = { atMs, attempt: attempt(requestNumber), changes: [] };
  const stock = [{ key: "mug", before: undefined, after }];
  return { commit, stock, reservations: [], movements: [] };
};

const recordChange = (atMs: number, orderId?: string): CommittedChange => ({
  commit: { atMs, attempt: attempt(8, 2), changes: [] },
  stock: [],
  reservations: [{ key: "held-1", before: undefined, after: record(orderId) }],
  movements: [],
});

const historyOf = (changes: CommittedChange[], orderId?: string) => {
  const timeline = createTimeline<ReservationItem>();
  const ids = new Set<string>();
  for (const { commit, reservations } of changes) {
    for (const { after } of reservations) timeline.add(commit.atMs, after);
  }
  if (orderId !== undefined) ids.add("held-1");
  return {
    changes,
    reservation: (id: string) => (id === "held-1" ? timeline : createTimeline<ReservationItem>()),
    idsOfOrder: (id: string) => (id === orderId ? ids : new Set<string>()),
  };
};

const timing = { startedAtMs: 10, endedAtMs: 25, sender: "function-1", skewMs: 0 };
const reserving: CallRecord = {
  ...timing,
  call: { operation: "reserve", input: { lines, idempotencyKey: "buyer-1" } },
  answer: { kind: "busy", error: new Error("Try again.") },
};
const looking: CallRecord = {
  ...timing,
  call: { operation: "getLevel", input: { sku: "cup" } },
  answer: { kind: "outcome", outcome: { outcome: "unknown_sku" } },
};
const paying: CallRecord = {
  ...timing,
  call: { operation: "payOrder", input: { orderId: "order-1" } },
  answer: { kind: "outcome", outcome: { outcome: "unknown_order" } },
};

test("a SKU has its versions with their senders, and the calls about it with their answers", () => {
  const history = historyOf([stockChange(20, 1, 3)]);
  const shown = describeHistory(
    { history, calls: [reserving, looking] },
    { subject: "mug", atMs: 20 },
  );
  expect(shown).toEqual([
    ">      20.000 mug: 5 on hand, 3 available, 2 reserved, version 1 (hold), " +
      "by UpdateItem of reserve-1 #1",
    '       25.000 reserve {"lines":[{"sku":"mug","quantity":2}],"idempotencyKey":"buyer-1"}, ' +
      "called at 10.000, is answered: busy, Try again.",
  ]);
});

test("a version of a row names the markers that it placed and removed", () => {
  const { run, marker } = runWithHold();
  run.at(20);
  run.clear(marker);
  const shown = describeHistory({ history: run.history, calls: [] }, { subject: mug, atMs: 20 });
  const ofMarker = `hold of 2 for ${alice} on base 0 at 2`;
  expect(shown[1]).toContain(`8 available, 2 reserved, version 2 (hold), placed ${ofMarker}, by`);
  expect(shown[2]).toContain(`8 available, 2 reserved, version 2 (hold), removed ${ofMarker}, by`);
});

test("a SKU has the versions of all its rows, and a record has its parts in them", () => {
  const { run, item } = runWithHold();
  run.at(20);
  run.setShards(2);
  run.begin("mug~1");
  run.put(
    heldBy(run.place(hold({ reservationId: bob }), "mug~1"), {
      status: "move",
      parts: [
        { row: mug, quantity: 2, version: 2 },
        { row: "mug~1", quantity: 2, version: 1, arrives: true },
      ],
    }),
  );
  const end = { by: "release", base: 1, version: 9, row: mug } as const;
  run.put({ ...next(item), parts: [{ row: "mug~1", quantity: 2, version: 2, ended: end }] });
  const about = (subject: string): string =>
    describeHistory({ history: run.history, calls: [] }, { subject, atMs: 20 }).join("\n");
  for (const subject of [mug, "mug~1"]) {
    expect(about(subject)).toContain(
      "mug: 10 on hand, 8 available, 2 reserved, version 2 (hold), 2 rows",
    );
    expect(about(subject)).toContain("mug~1: 0 on hand, 0 available, 0 reserved, version 2 (move)");
  }
  expect(about(bob)).toContain("parts of 2 of mug at 2; 2 of mug~1 at 1, arrives, by");
  expect(about(alice)).toContain("parts of 2 of mug~1 at 2, release at 9 of mug, by");
});

test("an order has its reservations, and a reservation has the calls about its order", () => {
  const history = historyOf([recordChange(20, "order-1")], "order-1");
  const expected = [
    ">      20.000 held-1: held version 1 until 9000 ms, 2 × mug, " +
      "by UpdateItem of reserve-1 #8, attempt 2",
    '       25.000 payOrder {"orderId":"order-1"}, called at 10.000, is answered: unknown_order',
  ];
  for (const subject of ["order-1", "held-1"]) {
    expect(describeHistory({ history, calls: [reserving, paying] }, { subject, atMs: 20 })).toEqual(
      expected,
    );
  }
});

test("a long history shows what is near the violation, and how much it leaves out", () => {
  const changes = Array.from({ length: 100 }, (_, index) => stockChange(index, index, 3));
  const shown = describeHistory(
    { history: historyOf(changes), calls: [] },
    { subject: "mug", atMs: 60 },
  );
  expect(shown).toHaveLength(52);
  expect(shown[0]).toBe("  21 earlier lines are left out");
  expect(shown[40]).toMatch(/^> +60\.000 mug/);
  expect(shown.at(-1)).toBe("  29 later lines are left out");
});

test("the log of calls keeps the last ones, and never more than twice as many", () => {
  const log = createCallLog(10);
  for (let index = 0; index < 95; index += 1) {
    log.add({ ...looking, endedAtMs: index });
    expect(log.records.length).toBeLessThan(20);
  }
  expect(log.records.slice(-10).map(({ endedAtMs }) => endedAtMs)).toEqual(
    Array.from({ length: 10 }, (_, index) => 85 + index),
  );
});

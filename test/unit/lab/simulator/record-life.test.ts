/** The life of a record, and the time of the request that writes it. */
import { expect, test } from "vitest";
import type { Part, ReservationItem } from "../../../../contract/tables.ts";
import { epochMs } from "../../../../lab/simulator/cloud/environment.ts";
import {
  alice,
  endedBy,
  fulfilledBy,
  handMadeRun,
  heldBy,
  hold,
  holdSeconds,
  mug,
  next,
  partsEndedBy,
  runWithHold,
} from "./hand-made-run.ts";

const marker = { ...hold(), key: "", value: 0, version: 2 };
const none = { lines: [], parts: [] };
const released = (item: ReservationItem) =>
  endedBy(item, "released", { ...marker, kind: "release", base: 1 });

/** The violations of the life of a record that is written so, one version after the other. */
const lifeOf = (...versions: ReservationItem[]) => {
  const run = handMadeRun();
  for (const item of versions) run.put(item);
  return run.messages.filter((message) => message.startsWith("transition"));
};

const held = heldBy(marker);
const abandoned = heldBy(marker, { status: "abandoned", ...none });
const order = heldBy(marker, { status: "order", ...none });
const one = { sku: mug, quantity: 1 };
const expired = { ...released(held), status: "expired" } as const;
const confirmed = next(held, { status: "confirmed" });

/** Units that are taken later than those of the hold. */
const taken = (quantity: number): Part => ({ row: mug, quantity, version: 9 });
const acquired = next(expired, { status: "confirmed", parts: [...expired.parts, taken(2)] });

const all = fulfilledBy(fulfilledBy(confirmed, 1), 1);

const cancelledBy = (item: ReservationItem, base: number): ReservationItem =>
  next(item, {
    status: "cancelled",
    parts: item.parts.map((part) => ({
      ...part,
      ended: { by: "cancellation", base, version: 5 },
    })),
  });

const returned = (item: ReservationItem, base: number): ReservationItem =>
  next(item, {
    parts: item.parts.map((part) => ({
      ...part,
      returned: { base, version: 6, row: mug, reason: "unwanted" },
    })),
  });

const listed = { expiryShard: 0, skus: new Set([mug]) };
const unlisted = { expiryShard: undefined, skus: undefined };
const inIndex = (status: string): string => `${status}, and in the index of holds`;
const rejected = heldBy(marker, { status: "rejected", parts: [] });

test.each<[string, ReservationItem[]]>([
  [
    "a hold that is extended and confirmed",
    [held, next(held), next(next(held), { status: "confirmed" })],
  ],
  ["a hold that is released", [held, released(held)]],
  ["a release that comes too late", [held, { ...released(held), status: "expired" }]],
  [
    "a tombstone that a hold replaces",
    [abandoned, next(abandoned), heldBy(marker, { version: 3 })],
  ],
  ["a tombstone that a rejected order replaces", [abandoned, next(rejected)]],
  ["a tombstone that a cancel replaces", [abandoned, next(abandoned, { status: "released" })]],
  ["an order that gets reservations", [order, next(order)]],
  [
    "a hold that gives one unit up",
    [held, next(held, { lines: [one], parts: partsEndedBy(held, "release", 1) })],
  ],
  [
    "a hold that takes one unit more",
    [held, next(held, { lines: [{ sku: mug, quantity: 3 }], parts: [...held.parts, taken(1)] })],
  ],
  [
    "a hold that is sold in part",
    [
      held,
      next(held, { status: "confirmed", lines: [one], parts: partsEndedBy(held, "release", 1) }),
    ],
  ],
  ["a hold whose units are taken again after its end", [held, expired, acquired]],
  [
    "a sold one that is fulfilled in parts, and returned",
    [held, confirmed, fulfilledBy(confirmed, 1), all, returned(all, 4)],
  ],
  ["an order that is cancelled before it comes", [{ ...order, status: "released" }]],
])("%s is lawful", (_, versions) => {
  expect(lifeOf(...versions)).toEqual([]);
});

test.each<[string, ReservationItem[], string]>([
  ["first", [next(held)], "version 2 after 0"],
  ["same", [held, held], "version 1 after 1"],
  ["released and held again", [held, released(held), next(next(held))], "released became held"],
  [
    "released and written again",
    [held, released(held), next(released(held))],
    "released became released",
  ],
  ["a hold that a tombstone replaces", [held, next(abandoned)], "held became abandoned"],
  ["rejected and held", [rejected, next(held)], "rejected became held"],
  [
    "a hold with other lines than its units",
    [held, next(held, { lines: [{ sku: mug, quantity: 1 }] })],
    'held with parts of "2 × mug", not "1 × mug"',
  ],
  [
    "a sold one with other lines",
    [held, confirmed, next(confirmed, { lines: [{ sku: mug, quantity: 1 }] })],
    "its lines changed",
  ],
  ["another request", [held, next(held, { fingerprint: "other" })], "its fingerprint changed"],
  ["a part less", [held, next(held, { parts: [] })], "its parts changed"],
  [
    "a part with more units",
    [held, next(held, { parts: [{ row: mug, quantity: 3, version: 2 }] })],
    "its parts changed",
  ],
  [
    "an end that is taken back",
    [
      held,
      next({ ...released(held), version: 1 }, { status: "confirmed" }),
      next(next(held), { status: "confirmed" }),
    ],
    "its parts changed",
  ],
  [
    "released without an end",
    [held, next(held, { status: "released" })],
    'released with parts of "2 × mug", not ""',
  ],
  [
    "sold by a release",
    [held, { ...released(held), status: "confirmed" }],
    'confirmed with parts of "", not "2 × mug"',
  ],
  [
    "held with too few units",
    [heldBy(marker, { lines: [{ sku: mug, quantity: 3 }] })],
    'held with parts of "2 × mug", not "3 × mug"',
  ],
  [
    "rejected with units",
    [heldBy(marker, { status: "rejected" })],
    'rejected with parts of "2 × mug", not ""',
  ],
  [
    "released before it was held",
    [{ ...rejected, status: "released" }],
    "released with lines before it was held",
  ],
  [
    "sold after its end without a hold of its units",
    [held, expired, next(expired, { status: "confirmed" })],
    'confirmed with parts of "", not "2 × mug"',
  ],
  [
    "sold after its end, and is to be removed",
    [held, expired, { ...acquired, ttlSeconds: 1 }],
    "confirmed, and to be removed at 1 s",
  ],
  [
    "sold after its end for fewer units than its lines",
    [held, expired, next(acquired, { version: 3, parts: [...expired.parts, taken(1)] })],
    'confirmed with parts of "1 × mug", not "2 × mug"',
  ],
  ["fulfilled in the index of holds", [held, { ...confirmed, ...listed }], inIndex("confirmed")],
  ["held outside the index", [{ ...held, ...unlisted }], "held, and not in the index of holds"],
  [
    "fulfilled as a whole by one unit",
    [held, confirmed, next(fulfilledBy(confirmed, 1), { version: 3, status: "fulfilled" })],
    "fulfilled, and by its parts it is confirmed",
  ],
  [
    "fulfilled, and confirmed on",
    [held, confirmed, next(fulfilledBy(confirmed, 2), { version: 3, status: "confirmed" })],
    "confirmed, and by its parts it is fulfilled",
  ],
  [
    "cancelled where units were fulfilled",
    [held, confirmed, fulfilledBy(confirmed, 1), cancelledBy(fulfilledBy(confirmed, 1), 3)],
    "its parts changed",
  ],
  [
    "returned before it is fulfilled",
    [held, confirmed, returned(confirmed, 2)],
    "units came back that were never fulfilled",
  ],
  [
    "returned twice",
    [held, confirmed, all, returned(all, 4), returned(returned(all, 4), 5)],
    "its parts changed",
  ],
  [
    "a hold that gives units up and keeps its lines",
    [held, next(held, { parts: partsEndedBy(held, "release", 1) })],
    'held with parts of "1 × mug", not "2 × mug"',
  ],
  [
    "a sold one that takes more",
    [held, confirmed, next(confirmed, { parts: [...confirmed.parts, taken(1)] })],
    "confirmed became confirmed with new parts",
  ],
  [
    "a hold whose sale is of more than its lines",
    [
      held,
      next(confirmed, {
        version: 2,
        lines: [{ sku: mug, quantity: 3 }],
        parts: [...held.parts, taken(1)],
      }),
    ],
    "it had the lines 2 × mug, and 3 × mug are sold",
  ],
])("a record that is %s is not", (_, versions, message) => {
  expect(lifeOf(...versions)).toContain(`transition: ${message}`);
});

const endMs = epochMs + holdSeconds * 1_000;
const atEnd = { sentAtWallMs: endMs };
const beforeEnd = { sentAtWallMs: endMs - 1 };
const longer = { expiresAtMs: endMs + 5_000 };

test.each([
  ["confirmed", (item: ReservationItem) => next(item, { status: "confirmed" })],
  ["held", (item: ReservationItem) => next(item, longer)],
] as const)("no hold is %s by a request that is sent after its end", (_, change) => {
  const early = runWithHold();
  early.run.send({ operation: "extend", input: { reservationId: alice, ttlSeconds: 65 } });
  early.run.put(change(early.item), beforeEnd);
  expect(early.run.violations).toEqual([]);
  const late = runWithHold();
  late.run.put(change(late.item), atEnd);
  expect(late.run.violations).toContain("late_decision");
});

test("a due hold may be superseded, and it may not begin", () => {
  const { run, item } = runWithHold();
  run.put(next(item), atEnd);
  expect(run.violations).toEqual([]);
  const second = handMadeRun();
  second.count(10);
  second.put(heldBy(second.place(hold())), atEnd);
  expect(second.violations).toEqual(["late_decision"]);
});

test("a hold expires when it is due, not before", () => {
  for (const [attempt, violations] of [
    [beforeEnd, ["early_expiry"]],
    [atEnd, []],
  ] as const) {
    const { run, item } = runWithHold();
    const expiry = run.place({ ...hold(), kind: "expiry", base: 1 });
    run.put(endedBy(item, "expired", expiry), attempt);
    expect(run.violations).toEqual(violations);
  }
});

/** The life of a record, and the time of the request that writes it. */
import { expect, test } from "vitest";
import type { ReservationItem } from "../../../../contract/tables.ts";
import { epochMs } from "../../../../lab/simulator/cloud/environment.ts";
import {
  alice,
  endedBy,
  handMadeRun,
  heldBy,
  hold,
  holdSeconds,
  mug,
  next,
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
  ["other lines", [held, next(held, { lines: [] })], "its lines changed"],
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
    "released, and a part has not ended",
  ],
  [
    "sold by a release",
    [held, { ...released(held), status: "confirmed" }],
    "confirmed, and a part has ended by release",
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

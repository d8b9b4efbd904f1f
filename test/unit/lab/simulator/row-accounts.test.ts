/** The account of a row after every commit: lawful sequences pass, and units that do not add up are found. */
import { describe, expect, test } from "vitest";
import {
  alice,
  bob,
  endedBy,
  handMadeRun,
  heldBy,
  hold,
  mug,
  next,
  runWithHold,
} from "./hand-made-run.ts";
import type { ReservationItem } from "../../../../contract/tables.ts";
import type { Marker } from "../../../../inventory/stock/marker.ts";

const tombstone = (version = 1): ReservationItem => ({
  ...heldBy({ ...hold(), key: "", value: 0, version: 0 }),
  status: "abandoned",
  lines: [],
  parts: [],
  version,
});

const adjustment = (marker: Marker, delta: number): ReservationItem =>
  heldBy(marker, { status: "adjustment", adjustment: { delta, reason: "delivery" } });

describe("lawful sequences", () => {
  test("a hold that commits, and whose marker leaves before it is confirmed and sold", () => {
    const { run, marker, item } = runWithHold();
    run.clear(marker);
    const confirmed = run.put(next(item, { status: "confirmed" }));
    const sale = run.place({ ...hold(), kind: "sale", base: 2 });
    run.put(endedBy(confirmed, "confirmed", sale));
    run.settle(sale);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 8, available: 8, reserved: 0 });
    expect(run.messages).toEqual([]);
  });

  test.each([
    ["release", "released"],
    ["expiry", "expired"],
  ] as const)("a %s whose units return after its record", (kind, status) => {
    const { run, marker, item } = runWithHold();
    run.at(70_000);
    const end = run.place({ ...hold(), kind, base: 1 });
    run.put(endedBy(item, status, end));
    run.settle(end);
    run.clear(marker);
    expect(run.rowOf(mug)).toMatchObject({ available: 10, reserved: 0, open: {} });
    expect(run.messages).toEqual([]);
  });

  test("a hold that never commits is superseded, undone, and made again on its tombstone", () => {
    const run = handMadeRun();
    run.count(10);
    const abandoned = run.place(hold());
    run.put(tombstone());
    run.settle(abandoned);
    const again = run.place(hold({ base: 1 }));
    run.put(heldBy(again));
    run.clear(again);
    expect(run.rowOf(mug)).toMatchObject({ available: 8, reserved: 2, open: {} });
    expect(run.messages).toEqual([]);
  });

  test("a late copy takes the units once more, and they go back", () => {
    const { run, marker } = runWithHold();
    run.clear(marker);
    const copy = run.place(hold());
    expect(run.rowOf(mug)).toMatchObject({ available: 6, reserved: 4 });
    run.settle(copy);
    expect(run.messages).toEqual([]);
  });

  test("a release that loses to a confirm leaves its marker, which has no effect", () => {
    const { run, item } = runWithHold();
    const end = run.place({ ...hold(), kind: "release", base: 1 });
    run.put(next(item, { status: "confirmed" }));
    run.clear(end);
    expect(run.messages).toEqual([]);
  });

  test("a held record that is superseded stays as it is", () => {
    const { run, item } = runWithHold();
    run.put(next(item));
    expect(run.messages).toEqual([]);
  });

  test("adjustments move units with their markers, and counts without any", () => {
    const run = handMadeRun();
    run.count(10);
    const removal = run.place(hold({ kind: "removal" }));
    run.put(adjustment(removal, -2));
    run.clear(removal);
    const addition = run.place(hold({ kind: "addition", reservationId: bob, quantity: 5 }));
    run.put(adjustment(addition, 5));
    run.settle(addition);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 13, available: 13 });
    run.count(13);
    run.count(4);
    expect(run.messages).toEqual([]);
  });

  test("an adjustment that is superseded gives its units back", () => {
    const run = handMadeRun();
    run.count(10);
    const removal = run.place(hold({ kind: "removal" }));
    run.put(tombstone());
    run.settle(removal);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 10, available: 10 });
    expect(run.messages).toEqual([]);
  });
});

describe("units that records do not account for", () => {
  test("a record that owns units which no marker took", () => {
    const run = handMadeRun();
    run.count(10);
    run.put(heldBy({ ...hold(), key: "", value: 0, version: 2 }));
    expect(run.messages).toEqual(["reserved: 0 are reserved, and its records account for 2"]);
  });

  test("a record at another version of the row than the marker's", () => {
    const run = handMadeRun();
    run.count(10);
    const marker = run.place(hold());
    run.put(heldBy({ ...marker, version: marker.version + 1 }));
    expect(run.violations).toEqual(["reserved"]);
  });

  test("units that go back although their record owns them", () => {
    const { run, marker } = runWithHold();
    run.settle(marker);
    expect(run.violations).toEqual(["unexplained_change", "reserved"]);
  });

  test("units that go back before their base is superseded", () => {
    const run = handMadeRun();
    run.count(10);
    run.settle(run.place(hold()));
    expect(run.messages).toEqual([
      `unexplained_change: its hold marker of ${alice} on base 0 was removed before it was decided`,
    ]);
  });

  test("a marker that leaves while its units stay taken", () => {
    const run = handMadeRun();
    run.count(10);
    const marker = run.place(hold());
    run.put(tombstone());
    run.clear(marker);
    expect(run.violations).toEqual(["unexplained_change", "reserved"]);
  });

  test("units that return before the record gives them up", () => {
    const { run } = runWithHold();
    run.settle(run.place({ ...hold(), kind: "release", base: 1 }));
    expect(run.violations).toContain("unexplained_change");
    expect(run.violations).toContain("reserved");
  });

  test("the marker of a decided release that leaves without its units", () => {
    const { run, item } = runWithHold();
    const end = run.place({ ...hold(), kind: "release", base: 1 });
    run.put(endedBy(item, "released", end));
    run.clear(end);
    expect(run.violations).toEqual(["unexplained_change", "reserved"]);
  });

  test("a record that ends its parts without a marker", () => {
    const { run, item } = runWithHold();
    run.put(
      endedBy(item, "released", {
        ...hold(),
        kind: "release",
        base: 1,
        key: "",
        value: 0,
        version: 2,
      }),
    );
    expect(run.violations).toEqual(["reserved"]);
  });

  test("a record that is removed while it owns units", () => {
    const { run, marker } = runWithHold();
    run.clear(marker);
    run.removeRecord(alice);
    expect(run.violations).toEqual(["reserved", "transition"]);
  });

  test("a sale that leaves onHand as it was", () => {
    const { run, item } = runWithHold();
    const confirmed = run.put(next(item, { status: "confirmed" }));
    const sale = run.place({ ...hold(), kind: "sale", base: 2 });
    run.put(endedBy(confirmed, "confirmed", sale));
    run.write((row) => ({
      available: row.available + 2,
      reserved: row.reserved - 2,
      version: row.version + 1,
      open: {},
    }));
    expect(run.violations).toEqual(["unexplained_change", "on_hand"]);
  });

  test("an adjustment whose record has no marker", () => {
    const run = handMadeRun();
    run.count(10);
    run.put(adjustment({ ...hold(), key: "", value: 0, version: 1 }, 5));
    expect(run.messages).toEqual(["on_hand: 10 are on hand, and 12 are accounted for"]);
  });

  test("an addition that takes effect twice", () => {
    const run = handMadeRun();
    run.count(10);
    const addition = run.place(hold({ kind: "addition" }));
    run.put(adjustment(addition, 2));
    run.settle(addition);
    run.write((row) => ({
      onHand: row.onHand + 2,
      available: row.available + 2,
      version: row.version + 1,
      lastChange: { kind: "adjustment" },
    }));
    expect(run.violations).toEqual(["unexplained_change", "on_hand"]);
  });

  test("a difference is reported once, not at each later commit", () => {
    const { run, marker } = runWithHold();
    run.clear(marker);
    run.removeRecord(alice);
    run.count(20);
    run.place(hold({ reservationId: bob }));
    expect(run.violations.filter((kind) => kind === "reserved")).toHaveLength(1);
  });

  test("a row that a person changed past Holdfast proves nothing", () => {
    const { run } = runWithHold();
    run.write(() => ({ available: 10, reserved: 0 }), { sender: "by-hand" });
    run.count(20);
    expect(run.messages).toEqual([]);
  });
});

describe("a count below what is reserved", () => {
  test("may leave fewer units than none where a shortfall was allowed, until units return", () => {
    const { run, marker, item } = runWithHold();
    run.count(1, {}, { leastAvailable: -1 });
    const end = run.place({ ...hold(), kind: "release", base: 1 });
    run.put(endedBy(item, "released", end));
    run.settle(end);
    run.clear(marker);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 1, available: 1, reserved: 0 });
    expect(run.messages).toEqual([]);
  });

  test.each([
    ["without an allowed shortfall", {}],
    ["beyond the shortfall that was allowed", { leastAvailable: -1 }],
    ["where an earlier count left some", { leastAvailable: 3 }],
  ])("leaves no negative count %s", (_, more) => {
    const { run } = runWithHold();
    run.count(0, {}, more);
    expect(run.violations).toEqual(["counts"]);
  });
});

describe("counts, versions and reasons of a row", () => {
  const change = (of: Parameters<ReturnType<typeof handMadeRun>["write"]>[0]) => {
    const run = handMadeRun();
    run.count(10);
    run.write(of);
    return run.violations;
  };

  test.each([
    ["counts that do not add up", { available: 9, version: 2 }, "counts"],
    ["a negative count", { available: -1, reserved: 11, version: 2 }, "counts"],
    ["counts under the version before", { available: 8, reserved: 2 }, "transition"],
    ["counts two versions on", { available: 8, reserved: 2, version: 3 }, "transition"],
    ["a version for nothing", { version: 2, lastChange: { kind: "hold" } }, "transition"],
    ["another reason under the version before", { lastChange: { kind: "hold" } }, "transition"],
    ["another time under the version before", { updatedAtMs: 5 }, "transition"],
    ["units that no marker took", { available: 8, reserved: 2, version: 2 }, "unexplained_change"],
    [
      "a count that gives reserved units back",
      { available: 8, reserved: 2, version: 2, lastChange: { kind: "count" } },
      "unexplained_change",
    ],
  ] as const)("%s", (_, after, kind) => {
    const lastChange = { kind: "hold" } as const;
    const reason = "version" in after ? { lastChange } : {};
    expect(change(() => ({ ...reason, ...after }))).toContain(kind);
  });

  test.each([
    ["a search for dead holds", { searchedAtMs: 5, nextEndMs: 9 }],
    ["a threshold", { lowStockThreshold: 3 }],
  ])("%s needs no version", (_, after) => {
    expect(change(() => after)).toEqual([]);
  });

  test("a row that is deleted", () => {
    const run = handMadeRun();
    run.count(10);
    run.removeRow();
    expect(run.messages).toEqual(["counts: the row was deleted"]);
  });
});

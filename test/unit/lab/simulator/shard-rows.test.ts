/**
 * A stock level in several rows: units that move between them, holds with parts in several, and rows that
 * begin and end. Lawful sequences pass, and each broken rule is found.
 */
import { describe, expect, test } from "vitest";
import type { Part, ReservationItem } from "../../../../contract/tables.ts";
import type { Marker, NewMarker } from "../../../../inventory/stock/marker.ts";
import {
  bob,
  endedBy,
  handMadeRun,
  heldBy,
  hold,
  mug,
  next,
  type HandMadeRun,
} from "./hand-made-run.ts";

const carol = "00000000-0000-7000-8000-00000000000c";
const second = "mug~1";
const third = "mug~2";

/** Ten mugs in the first row of two. */
const runWithTwoRows = (): HandMadeRun => {
  const run = handMadeRun();
  run.count(10);
  run.begin(second);
  run.setShards(2);
  return run;
};

const departure: NewMarker = { reservationId: bob, kind: "departure", base: 0, quantity: 4 };
const arrival: NewMarker = { ...departure, kind: "arrival" };

const departs = ({ quantity, version }: Marker, row = mug): Part => ({ row, quantity, version });
const arrives = ({ quantity, version }: Marker, row = second): Part => ({
  row,
  quantity,
  version,
  arrives: true,
});

/** The record of a move. */
const moveOf = (marker: Marker, parts: Part[]): ReservationItem =>
  heldBy(marker, { status: "move", lines: [{ sku: mug, quantity: 4 }], parts });

const tombstone = (): ReservationItem =>
  heldBy(
    { ...departure, key: "", value: 0, version: 0 },
    { status: "abandoned", lines: [], parts: [] },
  );

/** Moves four mugs from the first row to the second, all steps at once. */
const move = (run: HandMadeRun, reservationId = bob): void => {
  const leaving = run.place({ ...departure, reservationId });
  const coming = run.place({ ...arrival, reservationId }, second);
  run.put(moveOf(leaving, [departs(leaving), arrives(coming)]));
  run.settle(coming, second);
  run.clear(leaving);
};

/** A hold of Alice's with two mugs of each row. */
const holdInBoth = (run: HandMadeRun): ReservationItem => {
  const markers = [run.place(hold()), run.place(hold(), second)] as const;
  const item = run.put(
    heldBy(markers[0], {
      lines: [{ sku: mug, quantity: 4 }],
      parts: [departs(markers[0]), departs(markers[1], second)],
    }),
  );
  run.clear(markers[0]);
  run.clear(markers[1], second);
  return item;
};

describe("a move", () => {
  test("takes units to another row, and leaves the level as it was", () => {
    const run = runWithTwoRows();
    move(run);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 6, available: 6, version: 2 });
    expect(run.rowOf(second)).toMatchObject({ onHand: 4, available: 4, version: 2 });
    expect(run.history.levelOf(mug).last).toEqual({
      onHand: 10,
      available: 10,
      reserved: 0,
      version: 3,
      shards: 2,
    });
    expect(run.messages).toEqual([]);
  });

  test("that is abandoned gives the units back", () => {
    const run = runWithTwoRows();
    const leaving = run.place(departure);
    const coming = run.place(arrival, second);
    run.put(tombstone());
    run.settle(leaving);
    run.clear(coming, second);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 10, available: 10 });
    expect(run.messages).toEqual([]);
  });

  test("brings no units before its record", () => {
    const run = runWithTwoRows();
    run.place(departure);
    run.settle(run.place(arrival, second), second);
    expect(run.violations).toContain("unexplained_change");
    expect(run.violations).toContain("on_hand");
  });

  test("whose units are lost on the way is found", () => {
    const run = runWithTwoRows();
    const leaving = run.place(departure);
    const coming = run.place(arrival, second);
    run.put(moveOf(leaving, [departs(leaving), arrives(coming)]));
    run.clear(coming, second);
    expect(run.violations).toEqual(["unexplained_change", "on_hand"]);
  });

  test("whose units go back although they arrive is found", () => {
    const run = runWithTwoRows();
    const leaving = run.place(departure);
    const coming = run.place(arrival, second);
    run.put(moveOf(leaving, [departs(leaving), arrives(coming)]));
    run.settle(leaving);
    expect(run.violations).toEqual(["unexplained_change", "on_hand"]);
  });

  test("whose arrival has no marker is found", () => {
    const run = runWithTwoRows();
    const leaving = run.place(departure);
    const nowhere = { ...leaving, version: 1 };
    run.put(moveOf(leaving, [departs(leaving), arrives(nowhere)]));
    expect(run.violations).toEqual(["on_hand"]);
  });

  test.each<[string, (item: ReservationItem) => ReservationItem, string]>([
    [
      "more units than departed",
      (item) => ({
        ...item,
        parts: item.parts.map((part) => (part.arrives ? { ...part, quantity: 5 } : part)),
      }),
      'move with arrivals of "5 × mug", not "4 × mug"',
    ],
    [
      "units of another SKU",
      (item) => ({
        ...item,
        parts: item.parts.map((part) => (part.arrives ? { ...part, row: "cup~1" } : part)),
      }),
      'move with arrivals of "4 × cup", not "4 × mug"',
    ],
    [
      "fewer units than its line",
      (item) => ({ ...item, lines: [{ sku: mug, quantity: 9 }] }),
      'move with departures of "4 × mug", not "9 × mug"',
    ],
    [
      "two lines",
      (item) => ({ ...item, lines: [...item.lines, ...item.lines] }),
      "a move of 2 lines",
    ],
    ["a version of another record", (item) => ({ ...item, version: 2 }), "version 2 after 0"],
    [
      "a hold's status",
      (item) => ({ ...item, status: "held" }),
      "held, and the units of a part arrive",
    ],
  ])("with %s is found", (_, change, message) => {
    const run = runWithTwoRows();
    const leaving = run.place(departure);
    const coming = run.place(arrival, second);
    run.put(change(moveOf(leaving, [departs(leaving), arrives(coming)])));
    expect(run.messages).toContain(`transition: ${message}`);
  });

  test("is not written over a tombstone, nor written twice", () => {
    const run = runWithTwoRows();
    run.put(tombstone());
    const item = { ...moveOf({ ...departure, key: "", value: 0, version: 0 }, []), lines: [] };
    run.put({ ...item, version: 2 });
    run.put({ ...item, version: 3 });
    expect(run.messages).toContain("transition: abandoned became move");
    expect(run.messages).toContain("transition: move became move");
  });
});

describe("a reservation with parts in two rows", () => {
  test("has the units of its line", () => {
    const run = runWithTwoRows();
    move(run);
    const item = holdInBoth(run);
    const confirmed = run.put(next(item, { status: "confirmed" }));
    const sale = { ...hold(), kind: "fulfilment", base: 2 } as const;
    const sales = [run.place(sale), run.place(sale, second)];
    run.put({
      ...next(confirmed, { status: "fulfilled" }),
      parts: confirmed.parts.map((part, index) => ({
        ...part,
        ended: { by: "fulfilment", base: 2, version: sales[index]!.version },
      })),
    });
    run.settle(sales[0]!);
    run.settle(sales[1]!, second);
    expect(run.history.levelOf(mug).last).toMatchObject({ onHand: 6, available: 6, reserved: 0 });
    expect(run.messages).toEqual([]);
  });

  test("that misses units of its line is found", () => {
    const run = runWithTwoRows();
    move(run);
    const markers = [run.place(hold()), run.place(hold(), second)] as const;
    run.put(
      heldBy(markers[0], {
        lines: [{ sku: mug, quantity: 5 }],
        parts: [departs(markers[0]), departs(markers[1], second)],
      }),
    );
    expect(run.messages).toEqual(['transition: held with parts of "4 × mug", not "5 × mug"']);
  });

  test("that owns a part at another version of its row is found", () => {
    const run = runWithTwoRows();
    move(run);
    const markers = [run.place(hold()), run.place(hold(), second)] as const;
    const other = { ...markers[1], version: markers[1].version + 1 };
    run.put(
      heldBy(markers[0], {
        lines: [{ sku: mug, quantity: 4 }],
        parts: [departs(markers[0]), departs(other, second)],
      }),
    );
    expect(run.messages).toEqual(["reserved: 2 are reserved, and its records account for 4"]);
  });
});

describe("a row that begins", () => {
  test.each([
    ["with units", { onHand: 1, available: 1 }, "with units"],
    ["at another version", { startVersion: 0 }, "at version 1, and names 0"],
    [
      "ahead of the first row",
      { version: 5, startVersion: 5 },
      "at version 5, the first row is at 1",
    ],
    ["by a hold", { lastChange: { kind: "hold" as const } }, "by a change of the kind hold"],
  ])("%s is found", (_, more, message) => {
    const run = handMadeRun();
    run.count(10);
    run.begin(second, more);
    expect(run.messages).toContain(`level_rows: the row begins ${message}`);
  });

  test("needs a first row", () => {
    const run = handMadeRun();
    run.count(10);
    run.removeRow();
    run.write(() => ({ sku: "cup~1", onHand: 0, version: 0 }), {}, "cup~1");
    expect(run.messages).toContain("level_rows: the level has no first row");
  });

  test("keeps the version at which it began", () => {
    const run = runWithTwoRows();
    run.write(() => ({ startVersion: 0 }), {}, second);
    expect(run.messages).toContain("transition: it began at 1, and then 0");
  });

  test("may know an old number of rows, and only the first row is marked as spread", () => {
    const run = runWithTwoRows();
    run.write(() => ({ shards: 4 }), {}, second);
    run.write(() => ({ areShardsSet: true, spreadAtMs: 5 }));
    expect(run.messages).toEqual([]);
    run.write(() => ({ spreadAtMs: 5 }), {}, second);
    expect(run.messages).toEqual(["transition: spreadAtMs changed under version 1"]);
  });

  test("gets no units before the first row counts it", () => {
    const run = runWithTwoRows();
    run.begin(third);
    run.place({ ...departure, quantity: 1 });
    const coming = run.place({ ...arrival, quantity: 1 }, third);
    run.write((row) => ({ onHand: 1, available: 1, version: row.version + 1 }), {}, third);
    expect(run.messages).toContain("level_rows: units are in the row, and the first row counts 2");
    expect(coming.version).toBe(1);
  });
});

/** Releases a hold of four units, whose parts end in the first row. */
const releaseInFirstRow = (run: HandMadeRun, item: ReservationItem): void => {
  const release = run.place({ ...hold(), kind: "release", base: 1, quantity: 4 });
  const ended = endedBy(item, "released", release);
  run.put({
    ...ended,
    parts: ended.parts.map((part) => ({ ...part, ended: { ...part.ended!, row: mug } })),
  });
  run.settle(release);
};

describe("a level with a shortfall", () => {
  test("has no row with units", () => {
    const run = runWithTwoRows();
    run.write(() => ({ available: -1, reserved: 11, version: 2, leastAvailable: -1 }));
    run.write(() => ({ onHand: 1, available: 1, version: 1 }), {}, second);
    expect(run.violations).toContain("level_rows");
    expect(run.messages).toContain("level_rows: a row has units, and the level fewer than none");
  });
});

describe("a level that shrinks", () => {
  test("takes the units and the reservations of its last row into the first one", () => {
    const run = runWithTwoRows();
    move(run);
    const item = holdInBoth(run);
    const { version } = run.history.levelOf(mug).last!;
    run.shrink(second);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 10, available: 6, reserved: 4 });
    expect(run.history.levelOf(mug).last).toMatchObject({ version: version + 1, shards: 1 });
    releaseInFirstRow(run, item);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 10, available: 10, reserved: 0 });
    expect(run.messages).toEqual([]);
  });

  test("may grow again, and a part of the earlier row stays with the first one", () => {
    const run = runWithTwoRows();
    move(run);
    const item = holdInBoth(run);
    run.shrink(second);
    run.begin(second);
    run.setShards(2);
    move(run, carol);
    releaseInFirstRow(run, item);
    expect(run.rowOf(mug)).toMatchObject({ onHand: 6, available: 6, reserved: 0 });
    expect(run.messages).toEqual([]);
  });

  test("ends a part of the earlier row in no row that began since", () => {
    const run = runWithTwoRows();
    move(run);
    const item = holdInBoth(run);
    run.shrink(second);
    run.begin(second);
    run.setShards(2);
    const release = { ...hold(), kind: "release", base: 1 } as const;
    const markers = [run.place(release), run.place(release, second)];
    run.put({
      ...next(item, { status: "released" }),
      parts: item.parts.map((part, index) => ({
        ...part,
        ended: { by: "release", base: 1, version: markers[index]!.version },
      })),
    });
    expect(run.violations).toContain("reserved");
  });

  test("begins a row past the versions that it had before", () => {
    const run = runWithTwoRows();
    move(run);
    const { version } = run.rowOf(second);
    run.shrink(second);
    run.begin(second, { version, startVersion: version });
    expect(run.messages).toEqual([
      `level_rows: the row begins at version ${version}, and had version ${version} before`,
    ]);
  });

  test.each<[string, (run: HandMadeRun) => void, string]>([
    [
      "a row with an open marker",
      (run) => {
        run.place(arrival, second);
        run.shrink(second);
      },
      "counts: the row was deleted with open markers",
    ],
    [
      "a row that is not the last",
      (run) => {
        run.begin(third);
        run.setShards(3);
        run.shrink(second);
      },
      "counts: the row was deleted as the last of 3",
    ],
    [
      "a row, and counts as many",
      (run) => run.shrink(second, { shards: 2 }),
      "counts: the row was deleted, and its level has 2 rows after that",
    ],
    [
      "a row by a hold",
      (run) => run.shrink(second, { lastChange: { kind: "hold" } }),
      "counts: the row was deleted by hold change",
    ],
    [
      "a row under another version",
      (run) => run.shrink(second, { version: 3 }),
      "transition: version 3 in place of 4",
    ],
    [
      "a row and loses its units",
      (run) => run.shrink(second, { onHand: 6, available: 6 }),
      "on_hand: 6 are on hand, and 10 are accounted for",
    ],
    ["a row alone", (run) => run.removeRow(second), "counts: the row was deleted"],
    [
      "a row by its number alone",
      (run) => run.setShards(undefined),
      "level_rows: units are in the row, and the first row counts 1",
    ],
  ])("does not give up %s", (_, breakRule, message) => {
    const run = runWithTwoRows();
    move(run);
    breakRule(run);
    expect(run.messages.find((one) => one.startsWith(message))).toBeDefined();
  });
});

describe("an answer about a level", () => {
  const shown = (run: HandMadeRun) => ({
    ...run.rowOf(mug),
    ...run.history.levelOf(mug).last!,
  });
  const falsehoods = (run: HandMadeRun, stock: ReturnType<typeof shown>): string[] => {
    run.answer(
      { operation: "getLevel", input: { sku: mug } },
      { outcome: "found", stock },
      { startedAtMs: 100 },
    );
    return run.messages.map((message) => message.replace(/^.*\}: /, ""));
  };

  test("has sums that its rows had at one instant", () => {
    const run = runWithTwoRows();
    move(run);
    run.at(200);
    expect(falsehoods(run, shown(run))).toEqual([]);
  });

  test("is false where its rows were read at different instants", () => {
    const run = runWithTwoRows();
    run.at(200);
    const leaving = run.place(departure);
    const before = shown(run);
    const coming = run.place(arrival, second);
    run.put(moveOf(leaving, [departs(leaving), arrives(coming)]));
    run.settle(coming, second);
    const { version } = run.history.levelOf(mug).last!;
    // The first row as it was before the move, and the second one after it.
    const torn = { ...before, onHand: 14, available: 14, version: version - 1 };
    expect(falsehoods(run, torn)[0]).toMatch(/^it never was/);
  });

  test("is false where it never had so many rows", () => {
    const run = runWithTwoRows();
    run.at(200);
    expect(falsehoods(run, { ...shown(run), shards: 3 })).toEqual(["it never had 3 rows"]);
  });

  test("of a call that writes may have each row at an instant of its own, and no row of an earlier time", () => {
    const adjusted = (fromMs: number): string[] => {
      const run = runWithTwoRows();
      move(run);
      run.at(200);
      const before = shown(run);
      const [inFirst, inSecond] = [run.rowOf(mug), run.rowOf(second)];
      run.place(hold());
      run.at(300);
      run.place(hold({ reservationId: bob, quantity: 3 }), second);
      // The second row as it is now, and the first one as it was before the hold.
      const torn = {
        ...before,
        available: inFirst.available + inSecond.available - 3,
        reserved: 3,
        version: before.version + 1,
      };
      const input = { sku: mug, delta: 1, reason: "delivery" };
      const outcome = { outcome: "adjusted", stock: torn } as const;
      run.at(400);
      run.answer({ operation: "adjustStock", input }, outcome, { startedAtMs: fromMs });
      return run.messages.map((message) => message.replace(/^.*\}: /, ""));
    };
    expect(adjusted(150)).toEqual([]);
    expect(adjusted(250)[0]).toMatch(/^it never was/);
  });

  const count = (run: HandMadeRun, onHand: number): string[] => {
    const stock = shown(run);
    run.answer(
      { operation: "setStock", input: { sku: mug, onHand } },
      { outcome: "replaced", stock },
      { startedAtMs: 100 },
    );
    return run.messages.map((message) => message.replace(/^.*\}: /, ""));
  };

  test("that was counted in two rows while it sells has the counted units at one instant", () => {
    const run = runWithTwoRows();
    move(run);
    const item = run.put(next(holdInBoth(run), { status: "confirmed" }));
    const lines = [{ sku: mug, quantity: 2 }];
    run.send({ operation: "fulfill", input: { reservationId: item.reservationId, lines } });
    run.at(200);
    run.count(8, {}, { countId: "count" });
    run.at(250);
    const sale = run.place({ ...hold(), kind: "fulfilment", base: 2 });
    run.put({
      ...next(item),
      parts: item.parts.map((part) =>
        part.row === mug
          ? { ...part, ended: { by: "fulfilment", base: 2, version: sale.version } }
          : part,
      ),
    });
    run.settle(sale);
    run.at(300);
    run.write(
      (row) => ({
        onHand: row.onHand + 1,
        available: row.available + 1,
        version: row.version + 1,
        countId: "count",
        lastChange: { kind: "count" },
      }),
      {},
      second,
    );
    expect(run.history.levelOf(mug).last).toMatchObject({ onHand: 11 });
    expect(count(run, 13)).toEqual([]);
    expect(count(run, 12)).toEqual(["it never had 12 on hand, but 13, 11"]);
  });

  test("that was counted without the units under way is false", () => {
    const run = runWithTwoRows();
    run.place(departure);
    run.at(200);
    // Six are on hand in the rows, and four are under way.
    run.count(10, {}, { countId: "count" });
    expect(count(run, 10)).toEqual(["it never had 10 on hand, but 14"]);
  });
});

describe("a refusal for too few units", () => {
  const refuse = (run: HandMadeRun, requested: number, available: number, fromMs: number) =>
    run.answer(
      { operation: "reserve", input: { lines: [{ sku: mug, quantity: requested }] } },
      { outcome: "insufficient_stock", shortages: [{ sku: mug, requested, available }] },
      { startedAtMs: fromMs },
    );
  const judged = (run: HandMadeRun): string[] => {
    run.watch.judgeClaims(0);
    return run.messages;
  };

  test("is false where all rows together had enough", () => {
    const run = runWithTwoRows();
    move(run);
    run.at(100);
    refuse(run, 7, 10, 50);
    refuse(run, 11, 10, 50);
    expect(judged(run)).toEqual([
      "false_shortage: reserve: 7 were refused, and at least 10 were available from 50 ms on",
    ]);
  });

  test("names a sum of all rows", () => {
    const run = runWithTwoRows();
    move(run);
    run.at(100);
    refuse(run, 11, 6, 50);
    expect(judged(run)).toEqual([
      "false_shortage: reserve: 6 were never available; at those instants: 10",
    ]);
  });

  test.each<[string, (run: HandMadeRun, leaving: Marker, coming: Marker) => void]>([
    ["while the move is undecided", () => {}],
    [
      "after its record",
      (run, leaving, coming) => {
        run.put(moveOf(leaving, [departs(leaving), arrives(coming)]));
      },
    ],
    [
      "after its record, when the departure is cleared",
      (run, leaving, coming) => {
        run.put(moveOf(leaving, [departs(leaving), arrives(coming)]));
        run.clear(leaving);
      },
    ],
    ["after its tombstone", (run) => void run.put(tombstone())],
  ])("is false for units under way, %s", (_, proceed) => {
    const run = runWithTwoRows();
    const leaving = run.place(departure);
    const coming = run.place(arrival, second);
    proceed(run, leaving, coming);
    run.at(100);
    refuse(run, 7, 6, 50);
    expect(judged(run)).toEqual([
      "false_shortage: reserve: 7 were refused, and at least 10 were available from 50 ms on",
    ]);
  });

  test("is false for units of a dead hold in another row", () => {
    const run = runWithTwoRows();
    move(run);
    holdInBoth(run);
    run.at(59_000);
    refuse(run, 7, 6, 58_500);
    expect(judged(run)).toEqual([]);
    run.at(62_000);
    refuse(run, 7, 6, 61_000);
    expect(judged(run)).toHaveLength(1);
  });

  test("is true after a shrink for the units that were there", () => {
    const run = runWithTwoRows();
    move(run);
    holdInBoth(run);
    run.at(100);
    run.shrink(second);
    run.at(200);
    refuse(run, 7, 6, 50);
    expect(judged(run)).toEqual([]);
    refuse(run, 6, 6, 50);
    expect(judged(run)).toHaveLength(1);
  });
});

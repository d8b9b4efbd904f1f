import { describe, expect, test } from "vitest";
import { readChange } from "../../../functions/events/change.ts";
import { reservationItem, stockItem, streamRecord } from "./stream-images.ts";

describe("a record of a stream", () => {
  test("is the change of a SKU's stock, with what was before it", () => {
    const [before, after] = [stockItem(), stockItem({ version: 2, open: { marker: 7 } })];
    expect(readChange(streamRecord({ sku: "shirt" }, { before, after }))).toEqual({
      id: "1",
      table: "stock",
      before,
      after,
    });
  });

  test("is a row that is gone or new, where a record is left of a merged row", () => {
    const row = stockItem({ sku: "shirt~1" });
    const left = { sku: "shirt~1", version: 9, mergedAtMs: 5 };
    const gone = readChange(streamRecord({ sku: "shirt~1" }, { before: row, after: left }));
    expect(gone).toEqual({ id: "1", table: "stock", before: row });
    const begun = readChange(streamRecord({ sku: "shirt~1" }, { before: left, after: row }));
    expect(begun).toEqual({ id: "1", table: "stock", after: row });
  });

  test("is no change of a row, where it is the locations of a SKU", () => {
    const [before, after] = [["ams1"], ["ams1", "rtm"]].map((names) => ({
      sku: "shirt@",
      locations: new Set(names),
    }));
    const change = readChange(streamRecord({ sku: "shirt@" }, { before: before!, after: after! }));
    expect(change).toEqual({ id: "1", table: "stock" });
  });

  test("is no change of a row, where it is the sales channels: made, changed or gone", () => {
    const channel = { locations: ["ams1"], rule: "priority", updatedAtMs: 5 };
    const [before, after] = [{}, { web: channel }].map((channels) => ({ sku: "@", channels }));
    for (const images of [
      { after: before! },
      { before: before!, after: after! },
      { before: after! },
    ]) {
      const change = readChange(streamRecord({ sku: "@" }, images));
      expect(change).toEqual({ id: "1", table: "stock" });
    }
  });

  test("is a reservation that is new, without a before", () => {
    const after = reservationItem();
    const change = readChange(streamRecord({ reservationId: "r1" }, { after }));
    expect(change).toEqual({ id: "1", table: "reservations", after });
  });

  test("is a reservation that is gone, without an after", () => {
    const before = reservationItem({ status: "confirmed" });
    const change = readChange(streamRecord({ reservationId: "r1" }, { before }));
    expect(change).toEqual({ id: "1", table: "reservations", before });
  });
});

const without = (item: object, name: string) =>
  Object.fromEntries(Object.entries(item).filter(([key]) => key !== name));

describe("a record that is not as ours are is refused, and the refusal names it:", () => {
  test("one of another table", () => {
    const record = streamRecord({ lockName: "a" }, { after: { lockName: "a" } });
    expect(() => readChange(record)).toThrow('No table has the key {"lockName":"a"}.');
  });

  test("one without keys", () => {
    expect(() => readChange({ eventID: "1" })).toThrow("No table has the key {}.");
  });

  test.each([
    ["onHand", undefined],
    ["available", 1.5],
    ["reserved", null],
    ["version", "2"],
  ])("stock whose %s is %j", (name, value) => {
    const after =
      value === undefined ? without(stockItem(), name) : { ...stockItem(), [name]: value };
    expect(() => readChange(streamRecord({ sku: "shirt" }, { after }))).toThrow(
      `The record shirt of stock has ${name} ${JSON.stringify(value)}: no whole number.`,
    );
  });

  test("stock without markers", () => {
    const after = without(stockItem(), "open");
    expect(() => readChange(streamRecord({ sku: "shirt" }, { after }))).toThrow(
      "The record shirt of stock has open undefined: no map of markers.",
    );
  });

  test("a reservation without version", () => {
    const after = without(reservationItem(), "version");
    expect(() => readChange(streamRecord({ reservationId: "r1" }, { after }))).toThrow(
      "The record r1 of reservations has version undefined: no whole number.",
    );
  });

  /** One millisecond after the last that a date can have: its text would be an exception later. */
  const never = 8_640_000_000_000_001;

  test.each([undefined, "yesterday", 0.5, never])("stock that was updated at %j", (updatedAtMs) => {
    const { updatedAtMs: _, ...item } = stockItem();
    const after = { ...item, ...(updatedAtMs !== undefined && { updatedAtMs }) };
    expect(() => readChange(streamRecord({ sku: "shirt" }, { after }))).toThrow(
      `The record shirt of stock has updatedAtMs ${JSON.stringify(updatedAtMs)}: no time in`,
    );
  });

  test.each([
    ["createdAtMs", undefined],
    ["expiresAtMs", undefined],
    ["createdAtMs", never],
    ["expiresAtMs", -never],
    ["updatedAtMs", "yesterday"],
  ])("a reservation whose %s is %j", (name, value) => {
    const item = without(reservationItem(), name);
    const after = { ...item, ...(value !== undefined && { [name]: value }) };
    expect(() => readChange(streamRecord({ reservationId: "r1" }, { after }))).toThrow(
      `The record r1 of reservations has ${name} ${JSON.stringify(value)}: no time in milliseconds.`,
    );
  });

  test.each(["lines", "parts", "status"])("a reservation without %s", (name) => {
    const after = without(reservationItem(), name);
    expect(() => readChange(streamRecord({ reservationId: "r1" }, { after }))).toThrow(
      "The record r1 of reservations has no lines, no parts or no status.",
    );
  });

  test.each([[[null]], [["hat"]], [[{ sku: "hat" }]], [[{ quantity: 1 }]], ["hat"]])(
    "a reservation whose lines are %j",
    (lines) => {
      const after = { ...reservationItem(), lines };
      expect(() => readChange(streamRecord({ reservationId: "r1" }, { after }))).toThrow(
        "The record r1 of reservations has no lines, no parts or no status.",
      );
    },
  );
});

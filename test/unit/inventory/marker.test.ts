import { describe, expect, test } from "vitest";
import type { ReservationItem } from "../../../contract/tables.ts";
import {
  decisionOf,
  markerKey,
  type Marker,
  type NewMarker,
} from "../../../inventory/stock/marker.ts";

const reservationId = "019a0000-0000-7000-8000-000000000001";

const markerOf = (marker: Omit<NewMarker, "reservationId">, version: number): Marker => ({
  ...marker,
  reservationId,
  key: markerKey({ ...marker, reservationId }),
  value: version,
  version,
});

const recordOf = (record: Partial<ReservationItem>): ReservationItem => ({
  reservationId,
  status: "held",
  lines: [],
  parts: [],
  createdAtMs: 0,
  expiresAtMs: 0,
  updatedAtMs: 0,
  fingerprint: "",
  version: 1,
  ...record,
});

describe("a hold", () => {
  const hold = markerOf({ kind: "hold", base: 0, quantity: 2 }, 17);

  test("is undecided while its record is not past the base", () => {
    expect(decisionOf("widget", hold, undefined)).toBe("undecided");
    expect(decisionOf("widget", { ...hold, base: 1 }, recordOf({}))).toBe("undecided");
  });

  test("is decided by the part at its version of the row", () => {
    const parts = [{ row: "widget", quantity: 2, version: 17 }];
    expect(decisionOf("widget", hold, recordOf({ parts }))).toBe("decided");
    expect(decisionOf("gadget", hold, recordOf({ parts }))).toBe("superseded");
    expect(decisionOf("widget", { ...hold, version: 18 }, recordOf({ parts }))).toBe("superseded");
  });
});

describe("an adjustment", () => {
  const parts = [{ row: "widget", quantity: 1, version: 2 }];
  const record = recordOf({ status: "adjustment", parts, adjustment: { delta: -1, reason: "" } });

  test("is decided by its record", () => {
    const removal = markerOf({ kind: "removal", base: 0, quantity: 1 }, 2);
    expect(decisionOf("widget", removal, record)).toBe("decided");
  });

  test("of another request under its key is superseded, also at the same version of the row", () => {
    const opposite = markerOf({ kind: "addition", base: 0, quantity: 1 }, 2);
    const larger = markerOf({ kind: "removal", base: 0, quantity: 3 }, 2);
    expect(decisionOf("widget", opposite, record)).toBe("superseded");
    expect(decisionOf("widget", larger, record)).toBe("superseded");
  });
});

describe("units that come to a row", () => {
  test("are not decided by the record of another attempt at the same version of the row", () => {
    const parts = [{ row: "widget", quantity: 5, version: 23 }];
    const adjustment = { delta: 5, reason: "" };
    const record = recordOf({ status: "adjustment", version: 2, parts, adjustment });
    const addition = (base: number) => markerOf({ kind: "addition", base, quantity: 5 }, 23);
    expect(decisionOf("widget", addition(1), record)).toBe("decided");
    expect(decisionOf("widget", addition(0), record)).toBe("superseded");
  });
});

describe("an end", () => {
  const ended = { by: "release", base: 1, version: 9 } as const;
  const release = (quantity: number) => markerOf({ kind: "release", base: 1, quantity }, 9);

  test("is decided by the units of its parts, also of a row that is gone", () => {
    const parts = [
      { row: "widget", quantity: 1, version: 3, ended },
      { row: "widget~2", quantity: 1, version: 4, ended: { ...ended, row: "widget" } },
      { row: "gadget", quantity: 5, version: 4, ended },
    ];
    const record = recordOf({ version: 2, parts });
    expect(decisionOf("widget", release(2), record)).toBe("decided");
    expect(decisionOf("widget", release(1), record)).toBe("superseded");
    expect(decisionOf("widget~2", release(1), record)).toBe("superseded");
    expect(decisionOf("gadget", release(5), record)).toBe("decided");
  });

  test("of another kind or base is superseded", () => {
    const parts = [{ row: "widget", quantity: 1, version: 3, ended }];
    const record = recordOf({ version: 3, parts });
    const sale = markerOf({ kind: "fulfilment", base: 1, quantity: 1 }, 9);
    const later = markerOf({ kind: "release", base: 2, quantity: 1 }, 9);
    expect(decisionOf("widget", sale, record)).toBe("superseded");
    expect(decisionOf("widget", later, record)).toBe("superseded");
  });
});

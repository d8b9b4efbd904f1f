/**
 * Open markers of a row: changes that a record of the table Reservations decides. A marker names the
 * record, the version of the record that the change replaces (`base`), and the units. Its value is a
 * number: the version of the row at which it was placed, and the time.
 *
 *   hold    placed: units are taken            decided: removed     superseded: units go back
 *   release placed: nothing changes            decided: units go back     superseded: removed
 *
 * A change that only lowers what is available is made at once, all others when they are decided. So no
 * unit is available that a record may still own. Next: row.ts writes markers, resolve.ts decides them.
 */
import type {
  MovementKind,
  Part,
  PartEnd,
  ReservationItem,
  StockItem,
} from "../../contract/tables.ts";
import type { Counts } from "./counts.ts";

interface Kind {
  letter: string;
  movement: MovementKind;
  /** True when the units move as the marker is placed, false when they move as it is decided. */
  isEager: boolean;
  /** The change of the counts by one unit. */
  effect: Counts;
}

const kinds = {
  hold: {
    letter: "h",
    movement: "hold",
    isEager: true,
    effect: { onHand: 0, available: -1, reserved: 1 },
  },
  release: {
    letter: "r",
    movement: "release",
    isEager: false,
    effect: { onHand: 0, available: 1, reserved: -1 },
  },
  expiry: {
    letter: "e",
    movement: "expiry",
    isEager: false,
    effect: { onHand: 0, available: 1, reserved: -1 },
  },
  fulfilment: {
    letter: "f",
    movement: "fulfilment",
    isEager: false,
    effect: { onHand: -1, available: 0, reserved: -1 },
  },
  cancellation: {
    letter: "c",
    movement: "cancellation",
    isEager: false,
    effect: { onHand: 0, available: 1, reserved: -1 },
  },
  return: {
    letter: "t",
    movement: "return",
    isEager: false,
    effect: { onHand: 1, available: 1, reserved: 0 },
  },
  removal: {
    letter: "m",
    movement: "adjustment",
    isEager: true,
    effect: { onHand: -1, available: -1, reserved: 0 },
  },
  addition: {
    letter: "a",
    movement: "adjustment",
    isEager: false,
    effect: { onHand: 1, available: 1, reserved: 0 },
  },
  setAside: {
    letter: "u",
    movement: "transfer",
    isEager: true,
    effect: { onHand: 0, available: -1, reserved: 0, unavailable: 1 },
  },
  recall: {
    letter: "n",
    movement: "transfer",
    isEager: true,
    effect: { onHand: -1, available: 0, reserved: 0, unavailable: -1 },
  },
  dispatch: {
    letter: "o",
    movement: "transfer",
    isEager: true,
    effect: { onHand: -1, available: -1, reserved: 0 },
  },
  receipt: {
    letter: "i",
    movement: "transfer",
    isEager: false,
    effect: { onHand: 1, available: 1, reserved: 0 },
  },
  departure: {
    letter: "d",
    movement: "move",
    isEager: true,
    effect: { onHand: -1, available: -1, reserved: 0 },
  },
  arrival: {
    letter: "v",
    movement: "move",
    isEager: false,
    effect: { onHand: 1, available: 1, reserved: 0 },
  },
} as const satisfies Record<string, Kind> & Record<PartEnd, Kind>;

export type MarkerKind = keyof typeof kinds;

/** True for units that go from row to row of their level. */
export const isMove = ({ kind }: Pick<NewMarker, "kind">): boolean =>
  kind === "departure" || kind === "arrival";

/** True for a change that may leave units available in the row: as it is decided, or as it is undone. */
export const mayFreeUnits = ({ kind }: Pick<NewMarker, "kind">): boolean =>
  kinds[kind].effect.available !== 0;

/** True for a change of the units on hand that takes effect as it is decided. */
export const movesOnHand = (marker: Pick<NewMarker, "kind">): boolean =>
  kinds[marker.kind].effect.onHand !== 0 && !kinds[marker.kind].isEager && !isMove(marker);

/** A change that is to be marked in a row. */
export interface NewMarker {
  reservationId: string;
  kind: MarkerKind;
  /** The version of the record that the change replaces; 0 for none. */
  base: number;
  quantity: number;
}

export interface Marker extends NewMarker {
  key: string;
  /** The number in the row. */
  value: number;
  /** The version of the row at which it was placed. */
  version: number;
}

export const kindOf = ({ kind }: Pick<NewMarker, "kind">): Kind => kinds[kind];

/** Versions and times share one exact number: 2^34 versions, and 2^19 ticks, which is 37 hours. */
const versionsMax = 2 ** 34;
const tickMs = 256;
const ticksMax = 2 ** 19;

const tickOf = (nowMs: number): number => Math.floor(nowMs / tickMs) % ticksMax;

/** The term that is added to the version of a row to make the value of a marker. */
export const markerTerm = (marker: NewMarker, nowMs: number): number =>
  tickOf(nowMs) * versionsMax + (kindOf(marker).isEager ? 1 : 0);

/** The age of a marker in milliseconds, to a quarter of a second; negative when clocks differ. */
export const ageMsOf = ({ value }: Marker, nowMs: number): number => {
  const ticks = (tickOf(nowMs) - Math.floor(value / versionsMax) + ticksMax) % ticksMax;
  return (ticks < ticksMax / 2 ? ticks : ticks - ticksMax) * tickMs;
};

/** 22 characters for a UUID, so that 20 markers fit into the 1 KB of one write unit. */
const compactId = (id: string): string =>
  Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url");

const uuidOf = (compact: string): string => {
  const hex = Buffer.from(compact, "base64url").toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join("-");
};

export const markerKey = ({ reservationId, kind, base, quantity }: NewMarker): string =>
  `${compactId(reservationId)}${kinds[kind].letter}${base}.${quantity}`;

const kindByLetter = new Map(
  Object.entries(kinds).map(([kind, { letter }]) => [letter as string, kind as MarkerKind]),
);

const compactIdLength = 22;

const readMarker = (key: string, value: number): Marker => {
  const [base = "", quantity = ""] = key.slice(compactIdLength + 1).split(".");
  const kind = kindByLetter.get(key[compactIdLength] ?? "");
  if (kind === undefined) throw new Error(`The row has an unknown marker ${key}.`);
  return {
    reservationId: uuidOf(key.slice(0, compactIdLength)),
    kind,
    base: Number(base),
    quantity: Number(quantity),
    key,
    value,
    version: value % versionsMax,
  };
};

export const markersOf = ({ open }: Pick<StockItem, "open">): Marker[] =>
  Object.entries(open).map(([key, value]) => readMarker(key, value));

/** The marker of this change in the row, if there is one. */
export const findMarker = ({ open }: StockItem, marker: NewMarker): Marker | undefined => {
  const key = markerKey(marker);
  const value = open[key];
  return value === undefined ? undefined : readMarker(key, value);
};

export type Decision = "decided" | "superseded" | "undecided";

/**
 * The decision of a record about a marker of a row. A record that moved past the base has decided: the
 * change is part of it, at this very version of the row, or never will be. A late copy of a request
 * places its marker at another version. A lazy marker does not change the version of the row, so that the
 * base of an end counts as well, and the units.
 *
 * @param record undefined when there is none
 */
export const decisionOf = (
  row: string,
  marker: Marker,
  record: ReservationItem | undefined,
): Decision => {
  if ((record?.version ?? 0) <= marker.base) return "undecided";
  return unitsOf(row, marker, record!) === marker.quantity ? "decided" : "superseded";
};

/** True for units that leave a reservation. */
export const isEnd = (kind: MarkerKind): kind is PartEnd => kindOf({ kind }).effect.reserved < 0;

export const sumOfParts = (parts: readonly Part[]): number =>
  parts.reduce((sum, { quantity }) => sum + quantity, 0);

/** The units that the record has changed with the marker. */
const unitsOf = (row: string, marker: Marker, record: ReservationItem): number => {
  if (isEnd(marker.kind)) return unitsEndedBy(row, marker, record.parts);
  if (marker.kind === "return") return unitsReturnedBy(row, marker, record.parts);
  return unitsMovedBy(row, marker, record);
};

/** The units of parts that ended with the marker. Parts whose own row is gone end in another one. */
const unitsEndedBy = (row: string, { kind, base, version }: Marker, parts: readonly Part[]) =>
  sumOfParts(
    parts.filter(({ row: own, ended }) => {
      if (ended === undefined || (ended.row ?? own) !== row) return false;
      return ended.by === kind && ended.base === base && ended.version === version;
    }),
  );

const unitsReturnedBy = (row: string, { base, version }: Marker, parts: readonly Part[]) =>
  sumOfParts(
    parts.filter(
      ({ returned }) =>
        returned?.row === row && returned.base === base && returned.version === version,
    ),
  );

/**
 * The units that the record took from the row, or brought to it, with the marker. Records that bring units
 * to a row stay as they were committed, so that the next version shows the base of their markers.
 */
const unitsMovedBy = (row: string, marker: Marker, record: ReservationItem) => {
  const { adjustment, parts } = record;
  const isOther = adjustment !== undefined && adjustment.delta < 0 !== (marker.kind === "removal");
  const isLate = !kindOf(marker).isEager && record.version !== marker.base + 1;
  if (isOther || isLate) return 0;
  const arrives = marker.kind === "arrival" || marker.kind === "receipt";
  return sumOfParts(
    parts.filter(
      ({ row: own, version, arrives: has = false }) =>
        own === row && version === marker.version && has === arrives,
    ),
  );
};

/** The change of the counts when these markers take effect (1), or are undone (-1). */
export const effectOf = (markers: readonly NewMarker[], sign: 1 | -1 = 1): Required<Counts> => {
  const sum = { onHand: 0, available: 0, reserved: 0, unavailable: 0 };
  for (const marker of markers) {
    const { effect } = kindOf(marker);
    sum.unavailable += sign * marker.quantity * (effect.unavailable ?? 0);
    sum.onHand += sign * marker.quantity * effect.onHand;
    sum.available += sign * marker.quantity * effect.available;
    sum.reserved += sign * marker.quantity * effect.reserved;
  }
  return sum;
};

/**
 * Decides open markers of a row by their records:
 *
 *   record past the marker's base, with its part       the change takes effect, or has done so
 *   record past the marker's base, without its part    the change is undone, or never happens
 *   record at the base                                 its owner may still commit: wait, or supersede
 *
 * A base is superseded by a write of the record: a tombstone where there is none, the same record
 * under the next version otherwise. Units go back only after that, since their owner can no longer
 * commit them.
 */
import { PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { abandonedDays, attendedMs } from "../../contract/bounds.ts";
import type { LastChange, ReservationItem, StockItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { writeIf } from "../dynamodb/write-if.ts";
import {
  ageMsOf,
  decisionOf,
  kindOf,
  mayFreeUnits,
  type Decision,
  type Marker,
  type MarkerKind,
} from "./marker.ts";
import { changeRow, type RowChange } from "./row.ts";
import { ttlSecondsAfter } from "./ttl.ts";

export interface Resolved {
  /** The row as last seen; undefined when it is gone. */
  row: StockItem | undefined;
  /** True when units became available. */
  freedUnits: boolean;
  /** Markers whose owners may still commit. */
  undecided: Marker[];
}

export interface ResolveOptions {
  /** False supersedes the base of an undecided marker at once, true after its owner's time. */
  isPatient?: boolean;
}

/**
 * Resolves these markers of the row.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const resolveMarkers = async (
  database: Database,
  row: StockItem,
  markers: readonly Marker[],
  call: Call,
  { isPatient = true }: ResolveOptions = {},
): Promise<Resolved> => {
  const ids = [...new Set(markers.map(({ reservationId }) => reservationId))];
  const records = new Map<string, ReservationItem | undefined>();
  for (const item of await readReservations(database, ids, call)) {
    records.set(item.reservationId, item);
  }
  const decide = async (marker: Marker): Promise<Decision> => {
    const { reservationId: id } = marker;
    const decision = decisionOf(row.sku, marker, records.get(id));
    if (decision !== "undecided") return decision;
    if (isPatient && ageMsOf(marker, database.now()) < attendedMs) return "undecided";
    records.set(id, await supersede(database, id, records.get(id), marker.base, call));
    return decisionOf(row.sku, marker, records.get(id));
  };
  const settled: Marker[] = [];
  const cleared: Marker[] = [];
  const undecided: Marker[] = [];
  for (const marker of markers) {
    const decision = await decide(marker);
    if (decision === "undecided") undecided.push(marker);
    else if (kindOf(marker).isEager === (decision === "superseded")) settled.push(marker);
    else cleared.push(marker);
  }
  const changes = changesOf(settled, cleared, records);
  const after = await applyChanges(database, row, changes, call);
  const freedUnits = settled.some(mayFreeUnits);
  return { row: after, freedUnits, undecided };
};

/**
 * Writes the record again under the version after `base`, so that no request commits on it any more.
 *
 * @param staysExpired true for an expired reservation that no late payment may take up
 * @returns the record after that
 */
export const supersede = async (
  database: Database,
  reservationId: string,
  record: ReservationItem | undefined,
  base: number,
  call: Call,
  staysExpired = false,
): Promise<ReservationItem> => {
  const { reservations: table } = database.tables;
  const command = () => {
    const nowMs = database.now();
    if (record === undefined) return tombstone(table, abandoned(reservationId, base, nowMs));
    return new UpdateCommand({
      TableName: table,
      Key: { reservationId },
      UpdateExpression:
        "SET #version = #version + :one, #updatedAtMs = :now" +
        (staysExpired ? ", #staysExpired = :true" : ""),
      ConditionExpression: "#version = :base",
      ExpressionAttributeNames: {
        "#version": "version",
        "#updatedAtMs": "updatedAtMs",
        ...(staysExpired && { "#staysExpired": "staysExpired" }),
      },
      ExpressionAttributeValues: {
        ":one": 1,
        ":now": nowMs,
        ":base": base,
        ...(staysExpired && { ":true": true }),
      },
      ReturnValues: "ALL_NEW",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
  };
  const result = await writeIf<ReservationItem>(database, command, call);
  if (!result.applied) {
    // A record that TTL removed meanwhile is superseded as one that never was.
    return result.found ?? supersede(database, reservationId, undefined, base, call);
  }
  return record === undefined ? abandoned(reservationId, base, database.now()) : result.item;
};

const abandoned = (reservationId: string, base: number, nowMs: number): ReservationItem => ({
  reservationId,
  status: "abandoned",
  lines: [],
  parts: [],
  createdAtMs: nowMs,
  expiresAtMs: nowMs,
  updatedAtMs: nowMs,
  fingerprint: "",
  version: base + 1,
  ttlSeconds: ttlSecondsAfter(nowMs, abandonedDays),
});

function tombstone(table: string, item: ReservationItem): PutCommand {
  return new PutCommand({
    TableName: table,
    Item: item,
    ConditionExpression: "attribute_not_exists(reservationId)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  });
}

/**
 * The writes that settle and clear these markers. Units that are undone, units that return or are sold,
 * and adjustments are written apart, so that the images show the ledger the effect of each.
 */
function changesOf(
  settled: readonly Marker[],
  cleared: readonly Marker[],
  records: ReadonlyMap<string, ReservationItem | undefined>,
): RowChange[] {
  const changes: RowChange[] = [];
  const undone = settled.filter((marker) => kindOf(marker).isEager);
  if (undone.length > 0) changes.push({ settle: undone, lastChange: { kind: "rollback" } });
  const explained = settled.filter(({ kind }) => isExplained(kind));
  for (const marker of explained) {
    const lastChange = explanationOf(marker, records.get(marker.reservationId));
    changes.push({ settle: [marker], lastChange });
  }
  const lazy = settled.filter((one) => !kindOf(one).isEager && !explained.includes(one));
  if (lazy.length > 0) {
    changes.push({ settle: lazy, lastChange: { kind: kindOf(lazy[0]!).movement } });
  }
  if (cleared.length > 0) changes.push({ clear: cleared, lastChange: { kind: "repair" } });
  return changes;
}

const isExplained = (kind: MarkerKind): boolean =>
  kind === "addition" || kind === "receipt" || kind === "return";

const explanationOf = (marker: Marker, record: ReservationItem | undefined): LastChange => {
  if (marker.kind === "return") return returnChange(record, marker);
  if (marker.kind === "receipt") return { kind: "transfer", ...record?.transfer };
  return adjustmentChange(record);
};

/** The reason of an adjustment, from its record. */
export const adjustmentChange = (record: ReservationItem | undefined): LastChange => {
  const { delta: _delta, ...reason } = record?.adjustment ?? { delta: 0 };
  return { kind: "adjustment", ...reason };
};

/** The reason of a return, from its record. */
const returnChange = (record: ReservationItem | undefined, { base }: Marker): LastChange => {
  const returned = record?.parts.find((part) => part.returned?.base === base)?.returned;
  return { kind: "return", ...(returned && { reason: returned.reason }) };
};

/** Markers as they are in a row, without those that others have removed. */
const stillIn = (row: StockItem, markers: readonly Marker[] = []): Marker[] =>
  markers.filter(({ key, value }) => row.open[key] === value);

/**
 * Writes the changes one after the other. Decisions are final, so that a change that meets a row
 * without some of its markers is written for the others.
 */
async function applyChanges(
  database: Database,
  row: StockItem,
  changes: readonly RowChange[],
  call: Call,
): Promise<StockItem | undefined> {
  let current: StockItem | undefined = row;
  for (const change of changes) {
    const { lastChange } = change;
    while (current !== undefined) {
      const settle = stillIn(current, change.settle);
      const clear = stillIn(current, change.clear);
      if (settle.length + clear.length === 0) break;
      const result = await changeRow(database, row.sku, { settle, clear, lastChange }, call);
      current = result.applied ? result.row : result.found;
      if (result.applied) break;
    }
  }
  return current;
}

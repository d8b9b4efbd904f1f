/**
 * The history of a SKU, a reservation or an order: its versions with who wrote them, and the calls
 * about it with their answers. Times are of the run, as in its trace.
 */
import type { Part, ReservationItem, StockItem } from "../../../contract/tables.ts";
import { levelKeyOf, levelKeyOfRow } from "../../../inventory/stock/level-key.ts";
import { shardsOf } from "../../../inventory/stock/level.ts";
import { markersOf, type Marker } from "../../../inventory/stock/marker.ts";
import type { ReservationLine } from "../../../inventory/reservations/reservation.ts";
import { epochMs } from "../cloud/environment.ts";
import type { CallRecord } from "../cloud/holdfast.ts";
import type { CommittedChange, History } from "./history.ts";
import type { Violation } from "./violation.ts";

export interface HistorySources {
  history: Pick<History, "changes" | "idsOfOrder" | "reservation">;
  calls: readonly CallRecord[];
}

/** Lines up to the instant of the violation, and after it. */
const linesBeforeMax = 40;
const linesAfterMax = 10;

interface Entry {
  atMs: number;
  text: string;
}

/** Returns a line for each version and each answer; ">" marks the instant of the violation. */
export const describeHistory = (
  { history, calls }: HistorySources,
  { subject, atMs }: Pick<Violation, "subject" | "atMs">,
): string[] => {
  const keys = keysOf(history, subject);
  const entries = [
    ...history.changes.flatMap((changed) => versionsIn(changed, keys)),
    ...calls.filter((record) => isAbout(record, keys)).map(describeCall),
  ].toSorted((a, b) => a.atMs - b.atMs);
  const before = entries.filter((entry) => entry.atMs <= atMs);
  const after = entries.filter((entry) => entry.atMs > atMs);
  const earlier = before.length - linesBeforeMax;
  const later = after.length - linesAfterMax;
  const show = (entry: Entry): string =>
    `${entry.atMs === atMs ? ">" : " "}${formatMs(entry.atMs).padStart(12)} ${entry.text}`;
  return [
    ...(earlier > 0 ? [`  ${earlier} earlier lines are left out`] : []),
    ...before.slice(-linesBeforeMax).map(show),
    ...after.slice(0, linesAfterMax).map(show),
    ...(later > 0 ? [`  ${later} later lines are left out`] : []),
  ];
};

/** Returns the keys of the records and calls that belong to a subject. */
function keysOf(history: HistorySources["history"], subject: string): ReadonlySet<string> {
  const versions = history.reservation(subject).entries;
  const orderId = versions.find(({ value }) => value?.orderId !== undefined)?.value?.orderId;
  return new Set([
    subject,
    levelKeyOfRow(subject),
    ...history.idsOfOrder(subject),
    ...(orderId === undefined ? [] : [orderId]),
  ]);
}

function versionsIn(
  { commit, stock, reservations }: CommittedChange,
  keys: ReadonlySet<string>,
): Entry[] {
  const { sender, requestNumber, number, isCopy, request } = commit.attempt;
  const attempt = isCopy ? ", a late copy" : number > 1 ? `, attempt ${number}` : "";
  const by = `by ${request.operation} of ${sender} #${requestNumber}${attempt}`;
  const versions = [
    ...stock.map(({ key, before, after }) => ({
      key,
      // A level is described by all of its rows.
      subject: levelKeyOfRow(key),
      text: describeStock(before, after),
    })),
    ...reservations.map(({ key, after }) => ({
      key,
      subject: key,
      text: describeReservation(after),
    })),
  ];
  return versions
    .filter(({ subject }) => keys.has(subject))
    .map(({ key, text }) => ({ atMs: commit.atMs, text: `${key}: ${text}, ${by}` }));
}

function describeStock(before: StockItem | undefined, after: StockItem | undefined): string {
  if (after === undefined) return "removed";
  const { onHand, available, reserved, version, lastChange } = after;
  const reason = lastChange === undefined ? "" : ` (${lastChange.kind})`;
  const counts = describeCounts({ onHand, available, reserved });
  const markers = [
    ...differenceOf(after, before).map((marker) => `, placed ${describeMarker(marker)}`),
    ...differenceOf(before, after).map((marker) => `, removed ${describeMarker(marker)}`),
  ];
  const shards = shardsOf(after);
  const rows = shards === shardsOf(before ?? {}) ? "" : `, ${shards} rows`;
  return `${counts}, version ${version}${reason}${rows}${markers.join("")}`;
}

/** Markers that one image of a row has and the other has not. */
const differenceOf = (row: StockItem | undefined, other: StockItem | undefined): Marker[] =>
  markersOf({ open: row?.open ?? {} }).filter(({ key, value }) => other?.open[key] !== value);

const describeMarker = ({ kind, quantity, reservationId, base, version }: Marker): string =>
  `${kind} of ${quantity} for ${reservationId} on base ${base} at ${version}`;

const describeCounts = (item: Pick<StockItem, "onHand" | "available" | "reserved">): string =>
  `${item.onHand} on hand, ${item.available} available, ${item.reserved} reserved`;

function describeReservation(item: ReservationItem | undefined): string {
  if (item === undefined) return "removed";
  const { status, version, expiresAtMs, lines, parts } = item;
  const units = lines.map((line) => `${line.quantity} × ${levelKeyOf(line)}`).join(", ");
  const taken = parts.map(
    ({ row, quantity, version: at, arrives, ended, returned }) =>
      `${quantity} of ${row} at ${at}${arrives ? ", arrives" : ""}` +
      `${describeEnd(ended)}${describeReturn(returned)}`,
  );
  const keys = Object.keys(item.requests ?? {}).length;
  const of = taken.length === 0 ? "" : `, parts of ${taken.join("; ")}`;
  const keyed = keys === 0 ? "" : `, ${keys} keyed changes`;
  return `${status} version ${version} until ${expiresAtMs - epochMs} ms, ${units}${of}${keyed}`;
}

const describeEnd = (ended: Part["ended"]): string =>
  ended === undefined
    ? ""
    : `, ${ended.by} at ${ended.version}${ended.row === undefined ? "" : ` of ${ended.row}`}`;

const describeReturn = (returned: Part["returned"]): string =>
  returned === undefined ? "" : `, returned at ${returned.version} of ${returned.row}`;

function isAbout({ call: { input }, answer }: CallRecord, keys: ReadonlySet<string>): boolean {
  const named = [
    ...("sku" in input ? [levelKeyOf(input)] : []),
    ...("lines" in input ? (input.lines ?? []).map(levelKeyOf) : []),
    ...("reservationId" in input ? [input.reservationId] : []),
    ...("orderId" in input ? [input.orderId] : []),
    ...(answer.kind === "outcome" && "reservation" in answer.outcome
      ? [answer.outcome.reservation.reservationId]
      : []),
  ];
  return named.some((key) => key !== undefined && keys.has(key));
}

function describeCall({ call, answer, startedAtMs, endedAtMs }: CallRecord): Entry {
  const { operation, input } = call;
  const called = `${operation} ${JSON.stringify(input)}, called at ${formatMs(startedAtMs)}`;
  return { atMs: endedAtMs, text: `${called}, is answered: ${describeAnswer(answer)}` };
}

function describeAnswer(answer: CallRecord["answer"]): string {
  if (answer.kind !== "outcome") return `${answer.kind}, ${answer.error.message}`;
  const { outcome, ...details } = answer.outcome;
  if ("reservation" in details) {
    const { status, version, reservationId, lines } = details.reservation;
    const shown = lines.map(describeLine).join(", ");
    const excess = "excess" in details ? `, excess ${JSON.stringify(details.excess)}` : "";
    return `${outcome}, ${reservationId} is ${status}, version ${version}, ${shown}${excess}`;
  }
  if ("stock" in details) return `${outcome}, ${describeCounts(details.stock)}`;
  const shown = JSON.stringify(details);
  return shown === "{}" ? outcome : `${outcome} ${shown}`;
}

const describeLine = ({ sku, location, quantity, ...progress }: ReservationLine): string => {
  const states = Object.entries(progress).map(([state, units]) => `${units} ${state}`);
  return `${quantity} × ${levelKeyOf({ sku, location })}${states.length === 0 ? "" : ` (${states.join(", ")})`}`;
};

const formatMs = (ms: number): string => ms.toFixed(3);

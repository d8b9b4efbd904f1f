/**
 * Checks that a reservation changes only as its callers ask: each change of its lines and of its sold units
 * is one that a call asked for, and a call under a key, or a call that was sent once, has its effect once.
 */
import type { Line, ReservationItem } from "../../../contract/tables.ts";
import { linesBySku } from "../../../inventory/reservations/lines.ts";
import type { ShopCall } from "../cloud/shop-calls.ts";
import type { CommittedChange, History } from "./history.ts";
import { isBackorderKey } from "../../../inventory/stock/level-key.ts";
import { areAskedUnits } from "./asked-units.ts";
import { describeUnits, unitsIn, unitsOfLines, type Units } from "./line-units.ts";
import { effectOfWrite, keyNameOf, type RecordEffect } from "./record-effect.ts";
import type { RecordChange } from "./record-change.ts";
import type { Report } from "./violation.ts";

export interface EffectChecks {
  onSend(call: ShopCall): void;
  onCommit(changed: CommittedChange): void;
  /** True when a call was sent that takes the units of the reservation again after its end. */
  mayReacquire(item: ReservationItem): boolean;
}

/** A call that was sent, with the number of times, and of its effects. */
interface Sent {
  call: ShopCall;
  sent: number;
  applied: number;
}

type Written = RecordChange<ReservationItem> & { after: ReservationItem };

/** The kinds of changes, with the units that they concern; the lines of the whole for the others. */
type AskedChange =
  | { kind: "fulfilled" | "cancelled" | "returned"; units: Units }
  | { kind: "changed" | "confirmed"; units: Units };

export const createEffectChecks = (
  history: Pick<History, "idsOfOrder" | "reservation">,
  { fulfillsOnConfirm }: { fulfillsOnConfirm: boolean },
  report: Report,
): EffectChecks => {
  /** The calls about a reservation or an order. */
  const calls = new Map<string, Map<string, Sent>>();

  const callsAbout = ({ reservationId, orderId }: ReservationItem): Sent[] =>
    [reservationId, orderId].flatMap((subject) =>
      subject === undefined ? [] : [...(calls.get(subject)?.values() ?? [])],
    );

  const checkChange = (change: AskedChange, key: string | undefined, written: Written): void => {
    const { after } = written;
    const asked = callsAbout(after).filter(
      ({ call }) => keyOfCall(call) === key && isAskedBy(call, change, written),
    );
    const isSettled = fulfillsOnConfirm && change.kind === "fulfilled" && isShipped(after);
    if (isSettled && key === undefined) return;
    const what = `${change.kind}: ${describeUnits(change.units)}`;
    if (asked.length === 0) {
      const under = key === undefined ? "no call without a key" : "no call under its key";
      report("unasked_change", after.reservationId, `${what}, and ${under} asked for that`);
      return;
    }
    const once = asked.find(({ call, sent, applied }) => !isOncePerSend(call) || applied < sent);
    if (once === undefined) {
      report("applied_twice", after.reservationId, `${what}, for the second time`);
    } else once.applied += 1;
  };

  const checkKeys = (written: Written, { newKeys }: RecordEffect): void => {
    const { before, after } = written;
    const lost = Object.entries(before?.requests ?? {}).find(
      ([name, hash]) => after.requests?.[name] !== hash,
    );
    const { reservationId, orderId } = after;
    if (lost !== undefined) report("unasked_change", reservationId, `it lost the key ${lost[0]}`);
    if (newKeys.length > 1) report("unasked_change", reservationId, "it got several keys at once");
    for (const name of newKeys) {
      const ids = orderId === undefined ? [] : [...history.idsOfOrder(orderId)];
      const other = ids.find(
        (id) => id !== reservationId && history.reservation(id).last?.requests?.[name],
      );
      const isOfOrder = callsAbout(after).some(
        ({ call }) => "orderId" in call.input && keyOfCall(call) === name,
      );
      if (other !== undefined && isOfOrder) {
        report("applied_twice", orderId!, `an event changed ${reservationId} and ${other}`);
      }
    }
  };

  const checkWrite = (written: Written): void => {
    const effect = effectOfWrite(written.before, written.after);
    if (effect === undefined) return;
    checkKeys(written, effect);
    const [key] = effect.newKeys;
    const changes = changesIn(effect, written.after);
    for (const change of changes) checkChange(change, key, written);
    if (key !== undefined && changes.length === 0 && !isKnownKey(key, written.after)) {
      report("unasked_change", written.key, `it got the key ${key} of no call`);
    }
  };

  const isKnownKey = (key: string, item: ReservationItem): boolean =>
    callsAbout(item).some(({ call }) => keyOfCall(call) === key);

  return {
    mayReacquire: (item) =>
      callsAbout(item).some(
        ({ call: { operation, input } }) =>
          (operation === "confirm" || operation === "payOrder") && input.reacquires === true,
      ),
    onSend: (call) => {
      const { input } = call;
      const subjects = [
        "reservationId" in input ? input.reservationId : undefined,
        "orderId" in input ? input.orderId : undefined,
      ];
      const text = JSON.stringify(call);
      for (const subject of subjects) {
        if (subject === undefined) continue;
        const about = calls.get(subject) ?? new Map<string, Sent>();
        calls.set(subject, about);
        const sent = about.get(text) ?? { call, sent: 0, applied: 0 };
        sent.sent += 1;
        about.set(text, sent);
      }
    },
    onCommit: ({ reservations }) => {
      for (const change of reservations) {
        const { after } = change;
        if (after !== undefined) checkWrite({ ...change, after });
      }
    },
  };
};

function changesIn(effect: RecordEffect, after: ReservationItem): AskedChange[] {
  const changes: AskedChange[] = [];
  for (const kind of ["fulfilled", "cancelled", "returned"] as const) {
    if (effect[kind].size > 0) changes.push({ kind, units: effect[kind] });
  }
  const units = unitsOfLines(after.lines);
  if (effect.isChange) changes.push({ kind: "changed", units });
  if (effect.isSale) changes.push({ kind: "confirmed", units });
  return changes;
}

const isWhole = ({ parts }: ReservationItem): boolean => unitsIn(parts, ["open"]).size === 0;

/** True where all units that are there have left: others may still be backordered. */
const isShipped = ({ parts }: ReservationItem): boolean =>
  [...unitsIn(parts, ["open"]).keys()].every(isBackorderKey);

/** The name of the key that the record gets with the effect of a call; undefined for a call without one. */
function keyOfCall({ operation, input }: ShopCall): string | undefined {
  if (operation === "reserve" || !("idempotencyKey" in input)) return undefined;
  // All that are left of an order are fulfilled once, with or without a key.
  if (operation === "fulfillOrder" && input.lines === undefined) return undefined;
  return keyNameOf(input.idempotencyKey);
}

/** True for a call whose repeats add up, or undo what came between. */
const isOncePerSend = ({ operation, input }: ShopCall): boolean =>
  operation === "changeHold" ||
  (keyOfCall({ operation, input } as ShopCall) === undefined &&
    (operation === "fulfill" || operation === "cancel" || operation === "returnUnits") &&
    input.lines !== undefined);

/** True when the call asks for a change of this kind, with these units. */
function isAskedBy(call: ShopCall, { kind, units }: AskedChange, written: Written): boolean {
  const { before, after } = written;
  const areLines = (lines: readonly Line[]): boolean => areAskedUnits(units, lines, after.channel);
  // Units that are taken again may be at other locations of the channel.
  const areAll = ({ channel, lines = [] }: Partial<ReservationItem>): boolean =>
    areLines(channel === undefined ? lines : linesBySku(lines));
  const areThese = (
    lines: readonly Line[] | undefined,
    isAll: (item: ReservationItem) => boolean,
  ): boolean => (lines === undefined ? isAll(after) : areLines(lines));
  const hasReason = (reason: string): boolean =>
    after.parts.some(
      ({ returned }) => returned?.base === before?.version && returned?.reason === reason,
    );
  switch (call.operation) {
    case "fulfill":
    case "fulfillOrder":
      return kind === "fulfilled" && areThese(call.input.lines, isShipped);
    case "cancel":
      return kind === "cancelled" && areThese(call.input.lines, isWhole);
    case "cancelOrder":
      return kind === "cancelled" && isWhole(after);
    case "returnUnits":
    case "returnOrder":
      return kind === "returned" && areLines(call.input.lines) && hasReason(call.input.reason);
    case "changeHold":
      return kind === "changed" && areLines(call.input.lines);
    case "confirm": {
      const { lines, fulfills = false, reacquires = false } = call.input;
      if (kind === "fulfilled") return fulfills && isShipped(after);
      const isInTime = before?.status === "held" || reacquires;
      if (kind !== "confirmed" || !isInTime) return false;
      return lines === undefined ? areAll(before ?? {}) : areLines(lines);
    }
    case "payOrder": {
      const isInTime = before?.status === "held" || call.input.reacquires === true;
      return kind === "confirmed" && isInTime && areAll(before ?? {});
    }
    case "reserve":
    case "placeOrder":
    case "release":
    case "extend":
    case "setStock":
    case "setChannel":
    case "adjustStock":
    case "setAside":
    case "transferStock":
    case "getLevel":
    case "getReservation":
    case "listReservations":
      return false;
  }
}

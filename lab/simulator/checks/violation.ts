/** A violation: something that must never happen, and did. */

/** Every kind of violation, with the promise that it breaks. */
export const violationKinds = {
  counts: "onHand is the sum of the other counts, and none is negative unless a count left it so",
  reserved: "reserved is what the records and the open markers of the row account for",
  on_hand: "onHand is what counts, adjustments and sales account for",
  unexplained_change: "counts change only by what a call or a reservation asks for",
  level_rows: "a level has the rows that its first row says, and units are in no others",
  transition: "a record changes only along its life, by one version at a time",
  unasked_change: "a reservation changes only as a call asks for",
  early_expiry: "a hold expires when it is due, not before",
  late_decision:
    "no hold begins, is confirmed or is extended by a request that is sent after its end",
  applied_twice: "a count, an extension or a change is applied once, however often it is repeated",
  false_answer: "an answer was true at some instant between the call and the answer",
  false_shortage: "a call is refused only while there are too few units",
  internal_error: "no call is answered with a 500",
  order_held_twice: "an order is held once, whichever way it comes",
  order_end_missed: "a cancel or a payment of an order reaches what is held for it",
  overdue: "no hold stays past its end",
  unsettled: "at rest no row has an open marker, and no unit is on hand that was to be handed over",
  sweep_stopped: "a sweep ends with a report",
  ledger: "the movements of a row add up to its counts, and those of a reservation to its units",
  event_missing: "every change that has an event is published",
  event_content: "an event is the same at every publication",
  event_order: "the events of a subject are published in order",
  starved: "a call that the shop needs gets through within its deadline",
  slow: "a buyer of a popular SKU gets an answer",
} as const;

export type ViolationKind = keyof typeof violationKinds;

export interface Violation {
  kind: ViolationKind;
  /** Milliseconds of the run. */
  atMs: number;
  /** The SKU, the reservation or the order concerned. */
  subject: string;
  /** The expectation and the finding. */
  message: string;
}

export type Report = (kind: ViolationKind, subject: string, message: string) => void;

/**
 * The meaning of each operation to a caller: the outcomes of its success, and whether it may be repeated when its
 * reply may be lost. Methods, paths and refusals are generated from the contract: generated/operations.ts.
 */
import type { OperationId } from "./generated/operations.ts";

interface Meaning {
  /** The outcome of a success: one for all statuses, or one for each. */
  success: string | Readonly<Record<number, string>>;
  /** The member of the outcome that has the answer. Without it, the outcome has the answer's own members. */
  member?: "stock" | "channel" | "reservation" | "document";
  /**
   * The reason for which a repeat after a lost reply, or after a 5xx, does no harm.
   *
   * - `read`: the call changes nothing.
   * - `key`: Holdfast applies the call once for each idempotency key.
   * - `state`: a repeat leads to the state of a call that arrives later. Confirm and release change nothing the second
   *   time, extend counts from the repeat on, and a channel is set or deleted as a whole.
   * - `never`: it may do harm. A repeated count would undo fulfilments and adjustments in between. It is repeated only
   *   where API Gateway has throttled it, which is before it reaches Holdfast.
   */
  repeat: "read" | "key" | "state" | "never";
}

const listed = { success: "listed", repeat: "read" } as const;
const readStock = { success: "found", member: "stock", repeat: "read" } as const;
const putStock = {
  success: { 200: "replaced", 201: "created" },
  member: "stock",
  repeat: "never",
} as const;
const adjusted = { success: "adjusted", member: "stock", repeat: "key" } as const;
const moved = { success: "moved", member: "stock", repeat: "key" } as const;

/** A change of a reservation. */
const changing = <Success extends string, Repeat extends "key" | "state">(
  success: Success,
  repeat: Repeat,
) => ({ success, member: "reservation", repeat }) as const;

export const meanings = {
  setStock: putStock,
  getStock: readStock,
  listStock: listed,
  adjustStock: adjusted,
  moveStock: moved,
  listMovements: listed,
  listHolds: listed,
  setStockAtLocation: putStock,
  getStockAtLocation: readStock,
  adjustStockAtLocation: adjusted,
  moveStockAtLocation: moved,
  listMovementsAtLocation: listed,
  listHoldsAtLocation: listed,
  setCounts: { success: "counted", repeat: "never" },
  checkAvailability: { success: "found", repeat: "read" },
  setChannel: { success: { 200: "replaced", 201: "created" }, member: "channel", repeat: "state" },
  getChannel: { success: "found", member: "channel", repeat: "read" },
  deleteChannel: { success: "deleted", repeat: "state" },
  listChannels: listed,
  reserve: changing("reserved", "key"),
  getReservation: { success: "found", member: "reservation", repeat: "read" },
  listReservations: listed,
  changeReservation: changing("changed", "key"),
  moveReservation: changing("moved", "key"),
  confirmReservation: changing("confirmed", "state"),
  releaseReservation: changing("released", "state"),
  extendReservation: changing("extended", "state"),
  fulfillReservation: changing("fulfilled", "key"),
  cancelReservation: changing("cancelled", "key"),
  returnReservation: changing("returned", "key"),
  health: { success: "healthy", repeat: "read" },
  openApi: { success: "found", member: "document", repeat: "read" },
  asyncApi: { success: "found", member: "document", repeat: "read" },
} as const satisfies Record<OperationId, Meaning>;

export const meaningOf = (operation: OperationId): Meaning => meanings[operation];

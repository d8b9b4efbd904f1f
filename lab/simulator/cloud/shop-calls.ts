/**
 * The calls of a shop, over HTTP or by an order event, and their answers: one call into the core for
 * each.
 */
import {
  adjustStock,
  type AdjustStockInput,
  type AdjustStockOutcome,
} from "../../../inventory/stock/adjust.ts";
import type { Call } from "../../../inventory/dynamodb/database.ts";
import type { LevelName } from "../../../inventory/stock/level-key.ts";
import type { StockLevel } from "../../../inventory/stock/level.ts";
import {
  setAside,
  transferStock,
  type SetAsideInput,
  type TransferInput,
  type TransferOutcome,
} from "../../../inventory/stock/transfer.ts";
import { InventoryError } from "../../../inventory/errors.ts";
import {
  extend,
  type ExtendInput,
  type ExtendOutcome,
} from "../../../inventory/reservations/extend.ts";
import type { LeasingDatabase } from "../../../inventory/reservations/leases.ts";
import {
  cancelOrder,
  fulfillOrder,
  payOrder,
  returnOrder,
  type CancelOrderOutcome,
  type FulfillOrderOutcome,
  type PayOrderOutcome,
  type ReturnOrderOutcome,
  type SoldOrderInput,
} from "../../../inventory/shop-orders/end-order.ts";
import {
  placeOrder,
  type PlaceOrderInput,
  type PlaceOrderOutcome,
} from "../../../inventory/shop-orders/place-order.ts";
import {
  getReservation,
  listReservations,
} from "../../../inventory/reservations/reservation-queries.ts";
import type { Reservation } from "../../../inventory/reservations/reservation.ts";
import {
  reserve,
  type ReserveInput,
  type ReserveOutcome,
} from "../../../inventory/reservations/reserve.ts";
import {
  setChannel,
  type SetChannelInput,
  type SetChannelOutcome,
} from "../../../inventory/sourcing/channels.ts";
import { getLevel } from "../../../inventory/stock/read-stock.ts";
import {
  setStock,
  type SetStockInput,
  type SetStockOutcome,
} from "../../../inventory/stock/set-stock.ts";
import {
  changeHold,
  type ChangeHoldInput,
  type ChangeHoldOutcome,
} from "../../../inventory/reservations/change-hold.ts";
import {
  confirm,
  type ConfirmOptions,
  type ConfirmOutcome,
} from "../../../inventory/reservations/confirm.ts";
import {
  cancel,
  fulfill,
  returnUnits,
  type CancelOutcome,
  type FulfillOutcome,
  type ReturnInput,
  type ReturnOutcome,
  type SoldUnitsInput,
} from "../../../inventory/reservations/sold-units.ts";
import { release, type ReleaseOutcome } from "../../../inventory/reservations/transitions.ts";

/** By operation: its input, and its outcome. */
export interface ShopOperations {
  reserve: { input: ReserveInput; outcome: ReserveOutcome };
  changeHold: { input: ChangeHoldInput; outcome: ChangeHoldOutcome };
  confirm: { input: ConfirmOptions & { reservationId: string }; outcome: ConfirmOutcome };
  release: { input: { reservationId: string }; outcome: ReleaseOutcome };
  extend: { input: ExtendInput; outcome: ExtendOutcome };
  fulfill: { input: SoldUnitsInput; outcome: FulfillOutcome };
  cancel: { input: SoldUnitsInput; outcome: CancelOutcome };
  returnUnits: { input: ReturnInput; outcome: ReturnOutcome };
  getReservation: {
    input: { reservationId: string };
    outcome: { outcome: "found"; reservation: Reservation } | { outcome: "unknown_reservation" };
  };
  listReservations: {
    input: { orderId: string };
    outcome: { outcome: "listed"; reservations: Reservation[] };
  };
  setStock: { input: SetStockInput; outcome: SetStockOutcome };
  adjustStock: { input: AdjustStockInput; outcome: AdjustStockOutcome };
  setAside: { input: SetAsideInput; outcome: TransferOutcome };
  transferStock: { input: TransferInput; outcome: TransferOutcome };
  getLevel: {
    input: LevelName;
    outcome: { outcome: "found"; stock: StockLevel } | { outcome: "unknown_sku" };
  };
  setChannel: { input: SetChannelInput; outcome: SetChannelOutcome };
  placeOrder: { input: PlaceOrderInput; outcome: PlaceOrderOutcome };
  payOrder: { input: PayOrderInput; outcome: PayOrderOutcome };
  fulfillOrder: { input: SoldOrderInput; outcome: FulfillOrderOutcome };
  returnOrder: { input: ReturnOrderInput; outcome: ReturnOrderOutcome };
  cancelOrder: { input: { orderId: string }; outcome: CancelOrderOutcome };
}

interface PayOrderInput {
  orderId: string;
  /** Takes the units of an expired hold again. */
  reacquires?: boolean;
}

type ReturnOrderInput = Parameters<typeof returnOrder>[1];

export type ShopOperation = keyof ShopOperations;

export type ShopCall = {
  [Operation in ShopOperation]: {
    operation: Operation;
    input: ShopOperations[Operation]["input"];
  };
}[ShopOperation];

/** An outcome of the core, or the code of the fault that it threw. */
export type ShopAnswer =
  | { kind: "outcome"; outcome: ShopOperations[ShopOperation]["outcome"] }
  /** 503: to be repeated under the same key. */
  | { kind: "busy"; error: Error }
  /** 500: a bug, or a refusal of DynamoDB that the core does not handle. */
  | { kind: "internal"; error: Error };

type Work<Operation extends ShopOperation> = (
  database: LeasingDatabase,
  input: ShopOperations[Operation]["input"],
  call: Call,
) => Promise<ShopOperations[Operation]["outcome"]>;

const work: { [Operation in ShopOperation]: Work<Operation> } = {
  reserve,
  changeHold,
  confirm: (database, { reservationId, ...options }, call) =>
    confirm(database, reservationId, call, options),
  release: (database, { reservationId }, call) => release(database, reservationId, call),
  extend,
  fulfill,
  cancel,
  returnUnits,
  getReservation: async (database, { reservationId }, call) => {
    const reservation = await getReservation(database, reservationId, call);
    return reservation === undefined
      ? { outcome: "unknown_reservation" }
      : { outcome: "found", reservation };
  },
  listReservations: async (database, input, call) => {
    const { items } = await listReservations(database, input, call);
    return { outcome: "listed", reservations: items };
  },
  setStock,
  adjustStock,
  setAside,
  transferStock,
  getLevel: async (database, name, call) => {
    const stock = await getLevel(database, name, call);
    return stock === undefined ? { outcome: "unknown_sku" } : { outcome: "found", stock };
  },
  setChannel,
  placeOrder,
  payOrder: (database, { orderId, ...options }, call) => payOrder(database, orderId, call, options),
  fulfillOrder,
  returnOrder,
  cancelOrder: (database, { orderId }, call) => cancelOrder(database, orderId, call),
};

/** Answers one call as the functions do. Never rejects. */
export const answerCall = async (
  database: LeasingDatabase,
  { operation, input }: ShopCall,
  call: Call,
): Promise<ShopAnswer> => {
  try {
    const perform = work[operation] as Work<ShopOperation>;
    return { kind: "outcome", outcome: await perform(database, input, call) };
  } catch (error) {
    const isBusy =
      error instanceof InventoryError && (error.code === "busy" || error.code === "unavailable");
    return { kind: isBusy ? "busy" : "internal", error: error as Error };
  }
};

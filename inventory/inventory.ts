/**
 * The core: stock and its reservations, on DynamoDB. It owns every condition by which units change
 * hands; functions/ and lab/ only parse, call and map. It knows nothing of HTTP, of Lambda or of the
 * stack.
 *
 * A result that a shop can act on is returned as an outcome; a fault is an InventoryError; a broken
 * invariant is a plain Error, and a bug. Start reading at reservations/reserve.ts, then
 * stock/marker.ts and reservations/change-parts.ts.
 */
import { adjustStock, type AdjustStockInput } from "./stock/adjust.ts";
import { callWithin, type Call } from "./dynamodb/database.ts";
import {
  changeHold,
  moveHold,
  type ChangeHoldInput,
  type MoveHoldInput,
} from "./reservations/change-hold.ts";
import { confirm, type ConfirmOptions } from "./reservations/confirm.ts";
import { extend, type ExtendInput } from "./reservations/extend.ts";
import type { LeasingDatabase } from "./reservations/leases.ts";
import { listMovements } from "./stock/ledger.ts";
import {
  cancelOrder,
  fulfillOrder,
  payOrder,
  returnOrder,
  type SoldOrderInput,
} from "./shop-orders/end-order.ts";
import { placeOrder, type PlaceOrderInput } from "./shop-orders/place-order.ts";
import { listHolds } from "./reservations/list-holds.ts";
import { getReservation, listReservations } from "./reservations/reservation-queries.ts";
import { reserve, type ReserveInput } from "./reservations/reserve.ts";
import {
  deleteChannel,
  getChannel,
  listChannels,
  setChannel,
  type SetChannelInput,
} from "./sourcing/channels.ts";
import type { LevelName } from "./stock/level-key.ts";
import { getLevel, getStock, listStock } from "./stock/read-stock.ts";
import { setStock, type SetStockInput } from "./stock/set-stock.ts";
import { settleSalesOf } from "./reservations/settle-sales.ts";
import {
  cancel,
  fulfill,
  returnUnits,
  type ReturnInput,
  type SoldUnitsInput,
} from "./reservations/sold-units.ts";
import { sweep, type SweepOptions } from "./reservations/sweep.ts";
import { release } from "./reservations/transitions.ts";
import {
  setAside,
  transferStock,
  type SetAsideInput,
  type TransferInput,
} from "./stock/transfer.ts";

/** All operations on one database. A Lambda imports the few that it needs instead. */
export const createInventory = (database: LeasingDatabase) => {
  const defaultCall = (): Call => callWithin(database.callMsMax, database);
  return {
    setStock: (input: SetStockInput, call: Call = defaultCall()) => setStock(database, input, call),
    getStock: (sku: string, call: Call = defaultCall()) => getStock(database, sku, call),
    getLevel: (name: LevelName, call: Call = defaultCall()) => getLevel(database, name, call),
    listStock: (input: Parameters<typeof listStock>[1] = {}, call: Call = defaultCall()) =>
      listStock(database, input, call),
    adjustStock: (input: AdjustStockInput, call: Call = defaultCall()) =>
      adjustStock(database, input, call),
    setAside: (input: SetAsideInput, call: Call = defaultCall()) => setAside(database, input, call),
    transferStock: (input: TransferInput, call: Call = defaultCall()) =>
      transferStock(database, input, call),
    listMovements: (input: Parameters<typeof listMovements>[1], call: Call = defaultCall()) =>
      listMovements(database, input, call),
    setChannel: (input: SetChannelInput, call: Call = defaultCall()) =>
      setChannel(database, input, call),
    getChannel: (channel: string, call: Call = defaultCall()) =>
      getChannel(database, channel, call),
    listChannels: (call: Call = defaultCall()) => listChannels(database, call),
    deleteChannel: (channel: string, call: Call = defaultCall()) =>
      deleteChannel(database, channel, call),
    placeOrder: (input: PlaceOrderInput, call: Call = defaultCall()) =>
      placeOrder(database, input, call),
    payOrder: (
      orderId: string,
      call: Call = defaultCall(),
      options?: Parameters<typeof payOrder>[3],
    ) => payOrder(database, orderId, call, options),
    fulfillOrder: (input: SoldOrderInput, call: Call = defaultCall()) =>
      fulfillOrder(database, input, call),
    returnOrder: (input: Parameters<typeof returnOrder>[1], call: Call = defaultCall()) =>
      returnOrder(database, input, call),
    cancelOrder: (orderId: string, call: Call = defaultCall()) =>
      cancelOrder(database, orderId, call),
    reserve: (input: ReserveInput, call: Call = defaultCall()) => reserve(database, input, call),
    getReservation: (reservationId: string, call: Call = defaultCall()) =>
      getReservation(database, reservationId, call),
    listReservations: (input: Parameters<typeof listReservations>[1], call: Call = defaultCall()) =>
      listReservations(database, input, call),
    listHolds: (input: Parameters<typeof listHolds>[1], call: Call = defaultCall()) =>
      listHolds(database, input, call),
    changeHold: (input: ChangeHoldInput, call: Call = defaultCall()) =>
      changeHold(database, input, call),
    moveHold: (input: MoveHoldInput, call: Call = defaultCall()) => moveHold(database, input, call),
    confirm: (reservationId: string, call: Call = defaultCall(), options?: ConfirmOptions) =>
      confirm(database, reservationId, call, options),
    fulfill: (input: SoldUnitsInput, call: Call = defaultCall()) => fulfill(database, input, call),
    cancel: (input: SoldUnitsInput, call: Call = defaultCall()) => cancel(database, input, call),
    returnUnits: (input: ReturnInput, call: Call = defaultCall()) =>
      returnUnits(database, input, call),
    release: (reservationId: string, call: Call = defaultCall()) =>
      release(database, reservationId, call),
    settleSales: (reservationIds: readonly string[], call: Call = defaultCall()) =>
      settleSalesOf(database, reservationIds, call),
    sweep: (call: Call = defaultCall(), options?: SweepOptions) => sweep(database, call, options),
    extend: (input: ExtendInput, call: Call = defaultCall()) => extend(database, input, call),
  };
};

export type Inventory = ReturnType<typeof createInventory>;

/**
 * The calls about stock. Those without `AtLocation` act on the default location; `getStock` has the totals of all
 * locations. docs/api.md has the rules behind them.
 */
import type {
  AdjustStockAtLocationRequest,
  AdjustStockRequest,
  CheckAvailabilityRequest,
  GetStockAtLocationRequest,
  GetStockRequest,
  ListHoldsAtLocationRequest,
  ListHoldsRequest,
  ListMovementsAtLocationRequest,
  ListMovementsRequest,
  ListStockRequest,
  Movement,
  MoveStockAtLocationRequest,
  MoveStockRequest,
  SetCountsRequest,
  SetStockAtLocationRequest,
  SetStockRequest,
  SkuHold,
  Stock,
} from "./generated/schemas.ts";
import type { Listing } from "./listing.ts";
import type { CallOptions, KeyedCallOptions, VersionedCallOptions } from "./options.ts";
import type { OutcomeOf } from "./outcome.ts";

export interface StockCalls {
  /**
   * Sets the units on hand: all units on the shelf, those that are sold and not yet shipped included.
   *
   * The call is repeated only after a 429. When its reply is lost it throws `no_answer`, since a second count would
   * undo the fulfilments and adjustments in between. Read the record, and count again with its `version` as
   * `expectedVersion`.
   *
   * Outcomes: `created`, `replaced`, `below_reserved`, `version_mismatch` (of `expectedVersion` or `ifMatch`).
   */
  setStock(
    request: SetStockRequest,
    options?: VersionedCallOptions,
  ): Promise<OutcomeOf<"setStock">>;

  /** Reads the stock of a SKU at all its locations. Outcomes: `found`, `unknown_sku`. */
  getStock(request: GetStockRequest, options?: CallOptions): Promise<OutcomeOf<"getStock">>;

  /** Lists all stock, one record for each SKU and location, in no order. */
  listStock(request?: ListStockRequest, options?: CallOptions): Listing<Stock>;

  /**
   * Adds or takes units, with a reason. Reserved units are never taken.
   *
   * Outcomes: `adjusted`, `insufficient_stock` with `shortages`, `unknown_sku`, `idempotency_key_reused`.
   */
  adjustStock(
    request: AdjustStockRequest,
    options?: KeyedCallOptions,
  ): Promise<OutcomeOf<"adjustStock">>;

  /**
   * Moves units to another location, or out of sale and back.
   *
   * Outcomes: `moved`, `insufficient_stock` with `shortages`, `unknown_sku`, `idempotency_key_reused`.
   */
  moveStock(request: MoveStockRequest, options?: KeyedCallOptions): Promise<OutcomeOf<"moveStock">>;

  /** Lists the changes of a SKU's counts, newest first. Throws `unknown_sku` where no stock was ever set. */
  listMovements(request: ListMovementsRequest, options?: CallOptions): Listing<Movement>;

  /** Lists the holds of a SKU, next to expire first. Throws `unknown_sku` where no stock was ever set. */
  listHolds(request: ListHoldsRequest, options?: CallOptions): Listing<SkuHold>;

  /** Sets the units on hand at a location, as `setStock` does. */
  setStockAtLocation(
    request: SetStockAtLocationRequest,
    options?: VersionedCallOptions,
  ): Promise<OutcomeOf<"setStockAtLocation">>;

  /** Reads the stock at a location. Outcomes: `found`, `unknown_sku`. */
  getStockAtLocation(
    request: GetStockAtLocationRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"getStockAtLocation">>;

  /** Adds or takes units at a location, as `adjustStock` does. */
  adjustStockAtLocation(
    request: AdjustStockAtLocationRequest,
    options?: KeyedCallOptions,
  ): Promise<OutcomeOf<"adjustStockAtLocation">>;

  /** Takes units at a location out of sale, or puts them back. Outcomes: those of `moveStock`. */
  moveStockAtLocation(
    request: MoveStockAtLocationRequest,
    options?: KeyedCallOptions,
  ): Promise<OutcomeOf<"moveStockAtLocation">>;

  /** Lists the changes of the counts at a location, as `listMovements` does. */
  listMovementsAtLocation(
    request: ListMovementsAtLocationRequest,
    options?: CallOptions,
  ): Listing<Movement>;

  /** Lists the holds at a location, as `listHolds` does. */
  listHoldsAtLocation(request: ListHoldsAtLocationRequest, options?: CallOptions): Listing<SkuHold>;

  /**
   * Sets up to 100 stock levels, each as `setStock` does. The outcome is `counted`, with a result for each: its
   * `status`, and the stock record or the `problem`. The call is repeated only after a 429.
   */
  setCounts(request: SetCountsRequest, options?: CallOptions): Promise<OutcomeOf<"setCounts">>;

  /** Looks up how many units of up to 100 SKUs are available. Outcomes: `found` with `items`, `unknown_channel`. */
  checkAvailability(
    request: CheckAvailabilityRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"checkAvailability">>;
}

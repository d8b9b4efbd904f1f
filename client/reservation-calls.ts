/** The calls about reservations. docs/api.md has the rules behind them. */
import type {
  CancelReservationRequest,
  ChangeReservationRequest,
  ConfirmReservationRequest,
  ExtendReservationRequest,
  FulfillReservationRequest,
  GetReservationRequest,
  ListReservationsRequest,
  MoveReservationRequest,
  ReleaseReservationRequest,
  Reservation,
  ReserveRequest,
  ReturnReservationRequest,
} from "./generated/schemas.ts";
import type { Listing } from "./listing.ts";
import type { CallOptions, ChangeCallOptions, KeyedCallOptions } from "./options.ts";
import type { OutcomeOf } from "./outcome.ts";

export interface ReservationCalls {
  /**
   * Holds units of one or more SKUs: all lines or none. With `allowPartial` it holds the available units of each
   * line, and `reservation.shortages` names the lines that are not held in full. The hold expires after
   * `ttlSeconds`; the stack's default is 900.
   *
   * `replayed` is true where the key made this reservation before. It is returned as it is now, so look at its
   * `status`.
   *
   * Outcomes: `reserved`, `insufficient_stock` with `shortages`, `unknown_sku` with `skus`, `unknown_channel`,
   * `idempotency_key_reused`.
   */
  reserve(request: ReserveRequest, options?: KeyedCallOptions): Promise<OutcomeOf<"reserve">>;

  /** Reads a reservation. Outcomes: `found`, `unknown_reservation`. */
  getReservation(
    request: GetReservationRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"getReservation">>;

  /** Lists the reservations of an order, newest first. */
  listReservations(request: ListReservationsRequest, options?: CallOptions): Listing<Reservation>;

  /**
   * Sets all lines that a hold is to have from now on: all or nothing, and no less than it had on a refusal. Its
   * end stays.
   *
   * Outcomes: `changed`, `insufficient_stock` with `shortages`, `unknown_sku` with `skus`, `unknown_channel`,
   * `version_mismatch` (of `ifMatch`), `reservation_expired`, `reservation_released`, `reservation_confirmed`,
   * `unknown_reservation`, `idempotency_key_reused`.
   */
  changeReservation(
    request: ChangeReservationRequest,
    options?: ChangeCallOptions,
  ): Promise<OutcomeOf<"changeReservation">>;

  /**
   * Holds units of a hold at another location: all or nothing. The lines name the units where they are held now.
   *
   * Outcomes: `moved`, `exceeds_reservation`, and those of `changeReservation`.
   */
  moveReservation(
    request: MoveReservationRequest,
    options?: ChangeCallOptions,
  ): Promise<OutcomeOf<"moveReservation">>;

  /**
   * Sells the units of a hold. `lines` sells these and releases the others; `fulfill` also takes the units off the
   * shelf; `reacquire` takes the units of an expired hold again where they are available. Confirming again changes
   * nothing: look at the `status` of the reservation.
   *
   * Outcomes: `confirmed`, `reservation_expired`, `reservation_released`, `exceeds_reservation`,
   * `unknown_reservation`.
   */
  confirmReservation(
    request: ConfirmReservationRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"confirmReservation">>;

  /**
   * Gives the units of a hold back. A hold that was released or has expired before is `released` as well.
   *
   * Outcomes: `released`, `reservation_confirmed` (cancel it), `unknown_reservation`.
   */
  releaseReservation(
    request: ReleaseReservationRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"releaseReservation">>;

  /**
   * Lets a hold end `ttlSeconds` from now, which may be sooner than before.
   *
   * Outcomes: `extended`, `hold_limit_reached` (7 days after it was made), `reservation_expired`,
   * `reservation_released`, `reservation_confirmed`, `unknown_reservation`.
   */
  extendReservation(
    request: ExtendReservationRequest,
    options?: CallOptions,
  ): Promise<OutcomeOf<"extendReservation">>;

  /**
   * Takes sold units off the shelf, as they are shipped or handed over: those of `lines`, or all that are left.
   *
   * Outcomes: `fulfilled`, `reservation_not_confirmed`, `exceeds_reservation`, `unknown_reservation`,
   * `idempotency_key_reused`.
   */
  fulfillReservation(
    request: FulfillReservationRequest,
    options?: KeyedCallOptions,
  ): Promise<OutcomeOf<"fulfillReservation">>;

  /**
   * Makes sold units available again that will not be shipped: those of `lines`, or all that are left.
   *
   * Outcomes: `cancelled`, and the refusals of `fulfillReservation`.
   */
  cancelReservation(
    request: CancelReservationRequest,
    options?: KeyedCallOptions,
  ): Promise<OutcomeOf<"cancelReservation">>;

  /** Puts fulfilled units back on hand. Outcomes: `returned`, and the refusals of `fulfillReservation`. */
  returnReservation(
    request: ReturnReservationRequest,
    options?: KeyedCallOptions,
  ): Promise<OutcomeOf<"returnReservation">>;
}

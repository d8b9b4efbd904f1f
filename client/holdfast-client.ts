/**
 * All methods of a client. Each resolves with an outcome, which is discriminated by `outcome`: a success, or a
 * refusal that the shop must act on. All else is thrown as a HoldfastError.
 */
import type { ChannelCalls } from "./channel-calls.ts";
import type { ReservationCalls } from "./reservation-calls.ts";
import type { ServiceCalls } from "./service-calls.ts";
import type { StockCalls } from "./stock-calls.ts";
import type { HoldWork, WithHoldOptions, WithHoldOutcome, WithHoldRequest } from "./with-hold.ts";

export interface HoldfastClient extends ReservationCalls, StockCalls, ChannelCalls, ServiceCalls {
  /**
   * Holds units while work runs, such as a payment. The hold is extended while the work runs.
   *
   * - The work returns: the hold is confirmed. The outcome is `confirmed` with the `result`.
   * - The work throws: the hold is released, and the same error is thrown.
   * - The hold is lost while the work runs, as it was released, or could not be extended in time: `signal` is aborted.
   *   If the work returns nevertheless, the confirm decides: `confirmed`, or `hold_lost` with the `result`.
   * - The reserve is refused: the outcome is that of `reserve`, and the work does not run.
   * - The idempotency key belongs to a reservation that has ended, of an earlier run: the outcome is
   *   `reservation_confirmed`, `reservation_released` or `reservation_expired`, and the work does not run.
   * - The process dies: the hold expires after at most `ttlSeconds`, which are 60 by default.
   *
   * Give a key that identifies the work, and do not run the same work twice at once: both would have the same hold.
   *
   * @throws HoldfastError of the reserve, when the work did not run; of the confirm, when it ran: confirm again
   */
  withHold<Result>(
    request: WithHoldRequest,
    work: HoldWork<Result>,
    options?: WithHoldOptions,
  ): Promise<WithHoldOutcome<Result>>;
}

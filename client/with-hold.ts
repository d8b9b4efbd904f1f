/** A hold around a piece of work: reserve, keep the hold alive, then confirm or release. */
import type {
  ConfirmReservationRequest,
  Problem,
  Reservation,
  ReserveRequest,
} from "./generated/schemas.ts";
import { keepHold, type HoldKeeper } from "./keep-hold.ts";
import type { KeyedCallOptions } from "./options.ts";
import type { RefusalOf } from "./outcome.ts";
import type { ReservationCalls } from "./reservation-calls.ts";
import { monotonicMs } from "./time.ts";

export interface WithHoldRequest extends ReserveRequest {
  /** The time after which the units are available again when this process dies, in seconds. Default: 60. */
  ttlSeconds?: number;
}

export interface WithHoldOptions extends KeyedCallOptions {
  /**
   * Options of the confirm: `fulfill` also takes the units off the shelf, `reacquire` takes the units of an expired
   * hold again where they are available.
   */
  confirm?: Pick<ConfirmReservationRequest, "fulfill" | "reacquire">;
}

/**
 * The work.
 *
 * @param reservation the hold; with `allowPartial`, look at its `shortages`
 * @param signal aborted when the hold is lost, with a HoldfastError as reason, or when the caller's own signal is
 */
export type HoldWork<Result> = (
  reservation: Reservation,
  signal: AbortSignal,
) => Result | Promise<Result>;

/** The work did not run: the reserve was refused, or an earlier call under the same key has ended its reservation. */
export type NotHeld = RefusalOf<"reserve"> | RefusalOf<"extendReservation">;

export type WithHoldOutcome<Result> =
  | { outcome: "confirmed"; reservation: Reservation; result: Result }
  /** The work ran, and its hold was lost before the confirm: undo what it did. `problem.code` says how it was lost. */
  | { outcome: "hold_lost"; reservation: Reservation; result: Result; problem: Problem }
  | NotHeld;

/** Short, so that a process that dies does not keep units from sale for long; long enough to extend it at leisure. */
const ttlSecondsDefault = 60;

export const withHold = async <Result>(
  client: ReservationCalls,
  request: WithHoldRequest,
  work: HoldWork<Result>,
  { confirm = {}, ...options }: WithHoldOptions = {},
): Promise<WithHoldOutcome<Result>> => {
  const ttlSeconds = request.ttlSeconds ?? ttlSecondsDefault;
  const held = await hold(client, { ...request, ttlSeconds }, options);
  if (!("reservation" in held)) return held;
  const { reservation, heldUntilMs } = held;
  const { reservationId } = reservation;
  const keeper = keepHold(client, {
    reservationId,
    ttlSeconds,
    heldUntilMs,
    signal: options.signal,
  });
  try {
    const result = await run(client, reservation, work, keeper);
    const end = await client.confirmReservation({ reservationId, ...confirm }, timeoutIn(options));
    return end.outcome === "confirmed"
      ? { outcome: "confirmed", reservation: end.reservation, result }
      : { outcome: "hold_lost", reservation, result, problem: end.problem };
  } finally {
    await keeper.stop();
  }
};

/** A hold, and the time until which it stands at least, of this process's own clock. */
interface Held {
  reservation: Reservation;
  heldUntilMs: number;
}

/**
 * A replayed reservation may be an old one, of a process that died: it is extended first, which also answers whether
 * it is still held.
 */
async function hold(
  client: ReservationCalls,
  request: ReserveRequest & { ttlSeconds: number },
  options: KeyedCallOptions,
): Promise<Held | NotHeld> {
  const { ttlSeconds } = request;
  // From before the request on: the hold ends no earlier than this.
  const heldUntilMs = monotonicMs() + ttlSeconds * 1_000;
  const reserved = await client.reserve(request, options);
  if (reserved.outcome !== "reserved") return reserved;
  const { reservation, replayed } = reserved;
  if (!replayed) return { reservation, heldUntilMs };
  const { reservationId } = reservation;
  const extendedUntilMs = monotonicMs() + ttlSeconds * 1_000;
  const extended = await client.extendReservation({ reservationId, ttlSeconds }, options);
  return extended.outcome === "extended"
    ? { reservation: extended.reservation, heldUntilMs: extendedUntilMs }
    : extended;
}

/** Runs the work. When it throws, releases the hold and throws the same: a release that fails is left to the expiry. */
async function run<Result>(
  client: ReservationCalls,
  reservation: Reservation,
  work: HoldWork<Result>,
  { signal }: HoldKeeper,
): Promise<Result> {
  try {
    return await work(reservation, signal);
  } catch (error) {
    const { reservationId } = reservation;
    await client.releaseReservation({ reservationId }).catch(() => {});
    throw error;
  }
}

/** The end of a hold is sent even where the caller's signal was aborted meanwhile. */
function timeoutIn({ timeoutMs }: KeyedCallOptions) {
  return timeoutMs === undefined ? {} : { timeoutMs };
}

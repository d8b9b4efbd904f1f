/** Extends a hold, again and again, until it is stopped or the hold is lost. */
import { HoldfastError, type FaultCode } from "./errors.ts";
import { timeoutMsDefault } from "./options.ts";
import type { ReservationCalls } from "./reservation-calls.ts";
import { monotonicMs, wait } from "./time.ts";

export interface HoldKeeper {
  /** Aborted when the hold is lost, and when the caller's signal is aborted. */
  signal: AbortSignal;
  /** Resolves when no timer and no request of the keeper is left. */
  stop(): Promise<void>;
}

export interface KeptHold {
  reservationId: string;
  /** The time for which each extension asks, in seconds. */
  ttlSeconds: number;
  /** The time until which the hold stands at least, of this process's own clock. */
  heldUntilMs: number;
  /** The caller's signal. */
  signal: AbortSignal | undefined;
}

type Extender = Pick<ReservationCalls, "extendReservation">;

/** Each extension is sent when half of the remaining time is over. */
export const keepHold = (client: Extender, hold: KeptHold): HoldKeeper => {
  const working = new AbortController();
  const stopping = new AbortController();
  const abort = () => working.abort(hold.signal?.reason);
  hold.signal?.addEventListener("abort", abort);
  if (hold.signal?.aborted) abort();

  const lose = (code: FaultCode): void => {
    const message = `The hold ${hold.reservationId} was lost while its work ran: ${code}.`;
    working.abort(new HoldfastError(code, message, { operation: "withHold" }));
  };
  const kept = extendUntilStopped(client, hold, stopping.signal).then(
    (lost) => lost !== undefined && lose(lost),
  );

  return {
    signal: working.signal,
    stop: async () => {
      hold.signal?.removeEventListener("abort", abort);
      stopping.abort();
      await kept;
    },
  };
};

/** The pause between extensions that fail, so that the last moments of a hold are not a rush of requests. */
const pauseMsMin = 200;

/** Resolves with the code of a lost hold, or with undefined when it is stopped or needs no more extensions. */
async function extendUntilStopped(
  client: Extender,
  { reservationId, ttlSeconds, heldUntilMs }: KeptHold,
  stopped: AbortSignal,
): Promise<FaultCode | undefined> {
  let endMs = heldUntilMs;
  for (;;) {
    await wait(Math.max(pauseMsMin, (endMs - monotonicMs()) / 2), stopped);
    const nowMs = monotonicMs();
    if (stopped.aborted) return undefined;
    if (nowMs >= endMs) return "reservation_expired";
    const timeoutMs = Math.ceil(Math.min(timeoutMsDefault, endMs - nowMs));
    const extended = await client
      .extendReservation({ reservationId, ttlSeconds }, { timeoutMs, signal: stopped })
      .catch(() => undefined);
    // Without an answer the hold stands until its end, and the next extension may arrive.
    if (extended === undefined) continue;
    switch (extended.outcome) {
      case "extended":
        endMs = nowMs + ttlSeconds * 1_000;
        break;
      case "reservation_confirmed":
        return undefined;
      case "hold_limit_reached":
        await wait(endMs - monotonicMs(), stopped);
        return stopped.aborted ? undefined : "reservation_expired";
      case "reservation_expired":
      case "reservation_released":
      case "unknown_reservation":
        return extended.outcome;
    }
  }
}

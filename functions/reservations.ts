/** What happens to a reservation after it was made. */
import {
  extendReservationRequest,
  listReservationsRequest,
  reservationRequest,
} from "../contract/reservations.ts";
import { extend } from "../inventory/reservations/extend.ts";
import { getReservation, listReservations } from "../inventory/reservations/reservation-queries.ts";
import type { Reservation } from "../inventory/reservations/reservation.ts";
import { confirm, release } from "../inventory/reservations/transitions.ts";
import { answer, refuse, type Refusal } from "./middleware/answer.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { isoTime, reservationBody } from "./representation.ts";
import { database } from "./wiring.ts";

const succeed = (outcome: string, reservation: Reservation) =>
  answer(200, outcome, reservationBody(reservation));

const unknown = (reservationId: string): Refusal =>
  refuse("unknown_reservation", `There is no reservation ${reservationId.slice(0, 128)}.`);

/** A transition that the reservation's state does not allow, told with the state it is in. */
const refuseTransition = (
  code: "reservation_confirmed" | "reservation_released" | "reservation_expired",
  { reservationId, expiresAtMs }: Reservation,
): Refusal => {
  const states = {
    reservation_confirmed: "is confirmed: its units are sold",
    reservation_released: "is released: its units are available again",
    reservation_expired: `expired at ${isoTime(expiresAtMs)}: reserve again`,
  };
  return refuse(code, `Reservation ${reservationId} ${states[code]}.`);
};

export const handler = httpHandler({
  getReservation: endpoint(reservationRequest, async ({ params: { reservationId } }, call) => {
    const reservation = await getReservation(database, reservationId, call);
    return reservation ? succeed("found", reservation) : unknown(reservationId);
  }),

  listReservations: endpoint(listReservationsRequest, async ({ query }, call) => {
    const { items, ...page } = await listReservations(database, query, call);
    return answer(200, "listed", { items: items.map(reservationBody), ...page });
  }),

  confirmReservation: endpoint(reservationRequest, async ({ params: { reservationId } }, call) => {
    const result = await confirm(database, reservationId, call);
    switch (result.outcome) {
      case "unknown_reservation":
        return unknown(reservationId);
      case "confirmed":
        return succeed("confirmed", result.reservation);
      case "reservation_expired":
      case "reservation_released":
        return refuseTransition(result.outcome, result.reservation);
    }
  }),

  releaseReservation: endpoint(reservationRequest, async ({ params: { reservationId } }, call) => {
    const result = await release(database, reservationId, call);
    switch (result.outcome) {
      case "unknown_reservation":
        return unknown(reservationId);
      case "released":
        return succeed("released", result.reservation);
      case "reservation_confirmed":
        return refuseTransition(result.outcome, result.reservation);
    }
  }),

  extendReservation: endpoint(extendReservationRequest, async ({ params, body }, call) => {
    const { reservationId } = params;
    const result = await extend(database, { reservationId, ttlSeconds: body.ttlSeconds }, call);
    switch (result.outcome) {
      case "unknown_reservation":
        return unknown(reservationId);
      case "extended":
        return succeed("extended", result.reservation);
      case "hold_limit_reached":
        return refuse(
          "hold_limit_reached",
          `ttlSeconds ${body.ttlSeconds} would hold ${reservationId} past ` +
            `${isoTime(result.latestExpiresAtMs)}, 7 days after it was made.`,
        );
      case "reservation_confirmed":
      case "reservation_expired":
      case "reservation_released":
        return refuseTransition(result.outcome, result.reservation);
    }
  }),
});

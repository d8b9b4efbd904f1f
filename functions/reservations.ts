/** What happens to a reservation after it was made. */
import { problemsByCode } from "../contract/problems-by-code.ts";
import { versionMismatchInHeaderStatus } from "../contract/problem-json.ts";
import * as problems from "../contract/problems.ts";
import {
  changeReservationRequest,
  confirmReservationRequest,
  extendReservationRequest,
  getReservationRequest,
  listReservationsRequest,
  moveReservationRequest,
  reservationRequest,
  returnRequest,
  soldUnitsRequest,
} from "../contract/reservations.ts";
import { routes } from "../contract/routes.ts";
import type { PageWanted } from "../inventory/dynamodb/list-newest.ts";
import {
  changeHold,
  moveHold,
  type ChangeHoldInput,
  type MoveHoldOutcome,
} from "../inventory/reservations/change-hold.ts";
import { confirm } from "../inventory/reservations/confirm.ts";
import { extend } from "../inventory/reservations/extend.ts";
import { getReservation, listReservations } from "../inventory/reservations/reservation-queries.ts";
import type { Reservation } from "../inventory/reservations/reservation.ts";
import {
  cancel,
  fulfill,
  returnUnits,
  type CancelOutcome,
  type FulfillOutcome,
  type ReturnOutcome,
} from "../inventory/reservations/sold-units.ts";
import type { Excess } from "../inventory/reservations/parts.ts";
import { release } from "../inventory/reservations/transitions.ts";
import { answer, refuse, type Answer, type Refusal } from "./middleware/answer.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { pageBody } from "./page-body.ts";
import { isoTime, reservationBody, wordsFor } from "./representation.ts";
import { refuseChannel, refuseLines } from "./refuse-lines.ts";
import { answerFound, answerReplay, answerVersion } from "./versioned.ts";
import { database, orderDatabase } from "./wiring.ts";

const succeed = (outcome: string, reservation: Reservation) =>
  answerVersion(200, outcome, reservationBody(reservation));

const unknown = (reservationId: string): Refusal =>
  refuse(problems.unknown_reservation, `There is no reservation ${reservationId.slice(0, 128)}.`);

/** A transition that the state of the reservation does not allow. The detail names the state. */
const refuseTransition = (
  code:
    | "reservation_confirmed"
    | "reservation_released"
    | "reservation_expired"
    | "reservation_not_confirmed",
  { reservationId, status, expiresAtMs }: Reservation,
): Refusal => {
  const states = {
    reservation_confirmed: `is ${status}: its units are sold, and can be cancelled until they are fulfilled`,
    reservation_released: "is released: its units are available again",
    reservation_expired: `expired at ${isoTime(expiresAtMs)}: reserve again`,
    reservation_not_confirmed: `is ${status}: only units of a confirmed reservation can be changed so`,
  };
  return refuse(problemsByCode[code], `Reservation ${reservationId} ${states[code]}.`);
};

const refuseExcess = ({ reservationId, status }: Reservation, excess: Excess[]): Refusal => {
  const lines = excess.map(
    ({ requested, possible, ...level }) =>
      `${requested} of ${wordsFor(level)} were requested, ${possible} are left`,
  );
  const detail =
    lines.length > 0 ? lines.join("; ") : `none of its units are left: it is ${status}`;
  return refuse(problems.exceeds_reservation, `Reservation ${reservationId}: ${detail}.`);
};

const refuseReusedKey = (reservationId: string): Refusal =>
  refuse(
    problems.idempotency_key_reused,
    `This key made another change of reservation ${reservationId}: use a new key.`,
  );

/** The answer to a fulfilment, a cancellation or a return. */
const answerSoldUnits = (
  reservationId: string,
  result: FulfillOutcome | CancelOutcome | ReturnOutcome,
): Answer | Refusal => {
  switch (result.outcome) {
    case "unknown_reservation":
      return unknown(reservationId);
    case "reservation_not_confirmed":
      return refuseTransition(result.outcome, result.reservation);
    case "exceeds_reservation":
      return refuseExcess(result.reservation, result.excess);
    case "idempotency_key_reused":
      return refuseReusedKey(reservationId);
    case "replayed":
      return answerReplay(reservationBody(result.reservation));
    case "fulfilled":
    case "cancelled":
    case "returned":
      return succeed(result.outcome, result.reservation);
  }
};

const answerChange = (
  { reservationId, expectedVersion }: ChangeHoldInput,
  result: MoveHoldOutcome,
): Answer | Refusal => {
  switch (result.outcome) {
    case "unknown_reservation":
      return unknown(reservationId);
    case "changed":
      return succeed("changed", result.reservation);
    case "replayed":
      return answerReplay(reservationBody(result.reservation));
    case "insufficient_stock":
    case "unknown_sku":
      return refuseLines(result);
    case "unknown_channel":
      return refuseChannel(result);
    case "exceeds_reservation":
      return refuseExcess(result.reservation, result.excess);
    case "version_mismatch":
      return refuse(
        problems.version_mismatch,
        `If-Match "${expectedVersion}" is not the version of ${reservationId}, "${result.version}".`,
        { status: versionMismatchInHeaderStatus },
      );
    case "idempotency_key_reused":
      return refuseReusedKey(reservationId);
    case "reservation_confirmed":
    case "reservation_expired":
    case "reservation_released":
      return refuseTransition(result.outcome, result.reservation);
  }
};

export const handler = httpHandler(routes, {
  getReservation: endpoint(getReservationRequest, async ({ params, ifNoneMatch }, call) => {
    const { reservationId } = params;
    const reservation = await getReservation(database, reservationId, call);
    if (reservation === undefined) return unknown(reservationId);
    // A hold expires by the time, before its record has another version.
    const mayBeKnown = reservation.status !== "expired";
    return answerFound(reservationBody(reservation), mayBeKnown ? ifNoneMatch : undefined);
  }),

  listReservations: endpoint(listReservationsRequest, async ({ query }, call) => {
    const { orderId, ...wanted } = query;
    const read = (page: PageWanted) => listReservations(database, { orderId, ...page }, call);
    return answer(200, "listed", await pageBody(wanted, read, reservationBody));
  }),

  changeReservation: endpoint(changeReservationRequest, async ({ params, ...request }, call) => {
    const { reservationId } = params;
    const { body, idempotencyKey, ifMatch } = request;
    const input = { reservationId, ...body, expectedVersion: ifMatch, idempotencyKey };
    return answerChange(input, await changeHold(orderDatabase, input, call));
  }),

  moveReservation: endpoint(moveReservationRequest, async ({ params, ...request }, call) => {
    const { reservationId } = params;
    const { body, idempotencyKey, ifMatch } = request;
    const input = { reservationId, ...body, expectedVersion: ifMatch, idempotencyKey };
    return answerChange(input, await moveHold(orderDatabase, input, call));
  }),

  confirmReservation: endpoint(confirmReservationRequest, async ({ params, body }, call) => {
    const { reservationId } = params;
    const { lines, fulfill: fulfills, reacquire: reacquires } = body;
    const options = { lines, fulfills, reacquires };
    const result = await confirm(orderDatabase, reservationId, call, options);
    switch (result.outcome) {
      case "unknown_reservation":
        return unknown(reservationId);
      case "confirmed":
        return succeed("confirmed", result.reservation);
      case "exceeds_reservation":
        return refuseExcess(result.reservation, result.excess);
      case "reservation_expired":
      case "reservation_released":
        return refuseTransition(result.outcome, result.reservation);
    }
  }),

  fulfillReservation: endpoint(soldUnitsRequest, async ({ params, body, ...request }, call) => {
    const { reservationId } = params;
    const input = { reservationId, ...body, idempotencyKey: request.idempotencyKey };
    return answerSoldUnits(reservationId, await fulfill(database, input, call));
  }),

  cancelReservation: endpoint(soldUnitsRequest, async ({ params, body, ...request }, call) => {
    const { reservationId } = params;
    const input = { reservationId, ...body, idempotencyKey: request.idempotencyKey };
    return answerSoldUnits(reservationId, await cancel(database, input, call));
  }),

  returnReservation: endpoint(returnRequest, async ({ params, body, idempotencyKey }, call) => {
    const { reservationId } = params;
    const result = await returnUnits(database, { reservationId, ...body, idempotencyKey }, call);
    return answerSoldUnits(reservationId, result);
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
          problems.hold_limit_reached,
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

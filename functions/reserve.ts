/** `POST /v1/reservations` alone: the hot path, with the smallest bundle and the fewest rights. */
import * as problems from "../contract/problems.ts";
import { reserveRequest } from "../contract/reserve-request.ts";
import { reserveRoute } from "../contract/reserve-route.ts";
import { reserve } from "../inventory/reservations/reserve.ts";
import { refuse } from "./middleware/answer.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { refuseChannel, refuseLines } from "./refuse-lines.ts";
import { reservationBody } from "./representation.ts";
import { answerReplay, answerVersion } from "./versioned.ts";
import { orderDatabase } from "./wiring.ts";

const routes = { reserve: reserveRoute };

export const handler = httpHandler(routes, {
  reserve: endpoint(reserveRequest, async ({ body, idempotencyKey }, call) => {
    const result = await reserve(orderDatabase, { ...body, idempotencyKey }, call);
    switch (result.outcome) {
      case "reserved":
        return answerVersion(201, "reserved", reservationBody(result.reservation), {
          Location: `/v1/reservations/${result.reservation.reservationId}`,
        });
      case "replayed":
        return answerReplay(reservationBody(result.reservation));
      case "insufficient_stock":
      case "unknown_sku":
        return refuseLines(result);
      case "unknown_channel":
        return refuseChannel(result);
      case "idempotency_key_reused":
        return refuse(
          problems.idempotency_key_reused,
          `This key made reservation ${result.reservationId}, from another request: use a new key.`,
        );
    }
  }),
});

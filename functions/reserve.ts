/** `POST /v1/reservations` alone: the hot path, with the smallest bundle and the fewest rights. */
import { unknownSkuInBodyStatus } from "../contract/problems.ts";
import { reserveRequest } from "../contract/reserve-request.ts";
import { reserve } from "../inventory/reservations/reserve.ts";
import type { Shortage } from "../inventory/reservations/shortages.ts";
import { answer, refuse } from "./middleware/answer.ts";
import { endpoint, httpHandler } from "./middleware/http-handler.ts";
import { isoTime, reservationBody } from "./representation.ts";
import { orderDatabase } from "./wiring.ts";

const tell = ({ sku, requested, available }: Shortage) =>
  `${sku} has ${available} available, ${requested} were asked for`;

const shortageBody = ({ nextExpiryAtMs, ...shortage }: Shortage) => ({
  ...shortage,
  ...(nextExpiryAtMs === undefined ? {} : { nextExpiryAt: isoTime(nextExpiryAtMs) }),
});

export const handler = httpHandler({
  reserve: endpoint(reserveRequest, async ({ body, idempotencyKey }, call) => {
    const result = await reserve(orderDatabase, { ...body, idempotencyKey }, call);
    switch (result.outcome) {
      case "reserved":
        return answer(201, "reserved", reservationBody(result.reservation), {
          Location: `/v1/reservations/${result.reservation.reservationId}`,
        });
      case "replayed":
        return answer(200, "replayed", reservationBody(result.reservation), {
          "Idempotency-Replayed": "true",
        });
      case "insufficient_stock": {
        const detail = `${result.shortages.map(tell).join("; ")}.`;
        const shortages = result.shortages.map(shortageBody);
        return refuse("insufficient_stock", detail, { members: { shortages } });
      }
      case "unknown_sku": {
        const { skus } = result;
        const detail = `No stock was ever set for ${skus.join(", ")}.`;
        return refuse("unknown_sku", detail, { status: unknownSkuInBodyStatus, members: { skus } });
      }
      case "idempotency_key_reused":
        return refuse(
          "idempotency_key_reused",
          `This key made reservation ${result.reservationId}, from another request: use a new key.`,
        );
    }
  }),
});

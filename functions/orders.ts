/** Acts on the shop's order events: each becomes a change of the reservations of its order. */
import type { OrderEvent } from "../contract/order-events.ts";
import type { Call } from "../inventory/dynamodb/database.ts";
import {
  cancelOrder,
  fulfillOrder,
  payOrder,
  returnOrder,
  type FulfillOrderOutcome,
  type ReturnOrderOutcome,
} from "../inventory/shop-orders/end-order.ts";
import { placeOrder } from "../inventory/shop-orders/place-order.ts";
import { RefusedMessage } from "./events/read-message.ts";
import { readOrderEvent } from "./events/read-order-event.ts";
import { Postponed, queueHandler } from "./middleware/queue-handler.ts";
import { orderDatabase, reacquiresOnLatePayment } from "./wiring.ts";

type EventOf<Type extends OrderEvent["type"]> = Extract<OrderEvent, { type: Type }>;

const place = async ({ data }: EventOf<"order.placed">, call: Call) => {
  const { orderId, channel } = data;
  const { outcome } = await placeOrder(orderDatabase, data, call);
  if (outcome === "unknown_channel") {
    throw new RefusedMessage(`The order ${orderId} is for the channel ${channel}: there is none`);
  }
  if (outcome !== "changed") return outcome;
  throw new RefusedMessage(
    `The order ${orderId} was placed before with other lines, channel, ttlSeconds or metadata: ` +
      "a changed order needs an orderId of its own",
  );
};

const pay = async (orderId: string, call: Call) => {
  const reacquires = reacquiresOnLatePayment();
  const result = await payOrder(orderDatabase, orderId, call, { reacquires });
  switch (result.outcome) {
    case "confirmed":
      return "confirmed";
    case "unknown_order":
      throw new Postponed(`The order ${orderId} is paid, and was never placed`);
    case "not_held":
      throw new RefusedMessage(
        `The order ${orderId} is paid, and nothing is held for it: it is ${result.status}` +
          (result.status === "expired" && reacquires ? ", and its units are not available" : ""),
      );
  }
};

const cancel = async (orderId: string, call: Call) => {
  const { outcome } = await cancelOrder(orderDatabase, orderId, call);
  return outcome === "fulfilled" ? "fulfilled_before_cancelled" : outcome;
};

/** The outcome of an event about sold units, or the reason why it can be none yet, or never. */
const outcomeOfSold = (
  orderId: string,
  verb: "fulfilled" | "returned",
  result: FulfillOrderOutcome | ReturnOrderOutcome,
): string => {
  const subject = `Units of the order ${orderId} are ${verb}`;
  switch (result.outcome) {
    case "unknown_order":
      throw new Postponed(`${subject}, and it was never placed`);
    case "not_confirmed":
      throw new Postponed(`${subject}, and it is not paid`);
    case "not_held": {
      const reason = `${subject}, and it was never sold: it is ${result.status}`;
      // A payment may still come, and take the units again.
      const mayBeSold = result.status === "expired" && reacquiresOnLatePayment();
      throw mayBeSold ? new Postponed(reason) : new RefusedMessage(reason);
    }
    case "exceeds_order": {
      const reason = `${subject}, and it has fewer units for that`;
      throw result.isFinal ? new RefusedMessage(reason) : new Postponed(reason);
    }
    case "fulfilled":
    case "returned":
      return result.outcome;
  }
};

const fulfill = async ({ data, identity }: EventOf<"order.fulfilled">, call: Call) => {
  const input = { ...data, idempotencyKey: identity };
  return outcomeOfSold(data.orderId, "fulfilled", await fulfillOrder(orderDatabase, input, call));
};

const takeBack = async ({ data, identity }: EventOf<"order.returned">, call: Call) => {
  const { reason = "order.returned", ...rest } = data;
  const input = { ...rest, reason, idempotencyKey: identity };
  return outcomeOfSold(data.orderId, "returned", await returnOrder(orderDatabase, input, call));
};

export const handler = queueHandler("orders", async (record, call) => {
  const event = readOrderEvent(record.body);
  switch (event.type) {
    case "order.placed":
      return place(event, call);
    case "order.paid":
      return pay(event.data.orderId, call);
    case "order.fulfilled":
      return fulfill(event, call);
    case "order.cancelled":
      return cancel(event.data.orderId, call);
    case "order.returned":
      return takeBack(event, call);
  }
});

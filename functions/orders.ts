/** Acts on the shop's order events: placed, paid and cancelled become reserve, confirm and release. */
import type { OrderEvent } from "../contract/order-events.ts";
import type { Call } from "../inventory/dynamodb/database.ts";
import { cancelOrder, payOrder } from "../inventory/shop-orders/end-order.ts";
import { placeOrder } from "../inventory/shop-orders/place-order.ts";
import { RefusedMessage } from "./events/read-message.ts";
import { readOrderEvent } from "./events/read-order-event.ts";
import { Postponed, queueHandler } from "./middleware/queue-handler.ts";
import { orderDatabase } from "./wiring.ts";

const place = async (data: Extract<OrderEvent, { type: "order.placed" }>["data"], call: Call) => {
  const { outcome } = await placeOrder(orderDatabase, data, call);
  if (outcome !== "changed") return outcome;
  throw new RefusedMessage(
    `The order ${data.orderId} was placed before with other lines, ttlSeconds or metadata: ` +
      "a changed order needs an orderId of its own",
  );
};

const pay = async (orderId: string, call: Call) => {
  const result = await payOrder(orderDatabase, orderId, call);
  switch (result.outcome) {
    case "confirmed":
      return "confirmed";
    case "unknown_order":
      throw new Postponed(`The order ${orderId} is paid, and was never placed`);
    case "not_held":
      throw new RefusedMessage(
        `The order ${orderId} is paid, and nothing is held for it: it is ${result.status}`,
      );
  }
};

const cancel = async (orderId: string, call: Call) => {
  const { outcome } = await cancelOrder(orderDatabase, orderId, call);
  return outcome === "confirmed" ? "sold_before_cancelled" : outcome;
};

export const handler = queueHandler("orders", async (record, call) => {
  const event = readOrderEvent(record.body);
  switch (event.type) {
    case "order.placed":
      return place(event.data, call);
    case "order.paid":
      return pay(event.data.orderId, call);
    case "order.cancelled":
      return cancel(event.data.orderId, call);
  }
});

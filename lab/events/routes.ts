/**
 * Two ways from a topic to a queue of the benchmark's own, through one emulator:
 *
 *     bare   a topic ──────────────────────────────────────────────────────────── a queue
 *     path   OrderEvents ─ queue ─ orders ─ DynamoDB ─ stream ─ publish ─ InventoryEvents ─ a queue
 */
import { CreateTopicCommand, PublishBatchCommand, SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { InventoryEvent, InventoryEventType } from "../../contract/events.ts";
import type { OrderEvent } from "../../contract/order-events.ts";
import { localAccess } from "../app/access.ts";
import type { RunningApp } from "../app/start-app.ts";
import { createArrivals, type Arrivals, type Delivery } from "./arrivals.ts";
import { listen } from "./listener.ts";

export type RouteName = "bare" | "path";

export interface Route {
  /** What has come at its end. */
  arrivals: Arrivals;
  /** Publishes an `order.placed` for each at its beginning: 10 at the most. */
  send: (orders: readonly Order[]) => Promise<void>;
}

export interface Order {
  orderId: string;
  sku: string;
}

/** What the benchmark's orders lead to: one of these each. */
const heldOrRejected: InventoryEventType[] = ["reservation.held", "reservation.rejected"];

/** Opens both, and leaves them on the stack. */
export const openRoutes = async (
  { messaging, topics }: RunningApp,
  resources: AsyncDisposableStack,
): Promise<Record<RouteName, Route>> => {
  const options = { ...localAccess, maxAttempts: 1, endpoint: messaging };
  const sns = resources.adopt(new SNSClient(options), (client) => client.destroy());
  const sqs = resources.adopt(new SQSClient(options), (client) => client.destroy());

  const open = async (ends: Ends): Promise<Route> => {
    const arrivals = createArrivals();
    const listener = await listen({
      sns,
      sqs,
      topicArn: ends.to,
      ...(ends.types && { types: ends.types }),
      onMessage: ({ id, body, receivedAtMs }) =>
        arrivals.hear({ id, receivedAtMs, ...ends.read(JSON.parse(body)) }),
      onFailure: arrivals.fail,
    });
    resources.use(listener);
    return { arrivals, send: (orders) => publish(sns, ends.from, orders) };
  };

  const { TopicArn: bare = "" } = await sns.send(new CreateTopicCommand({ Name: "bare" }));
  return {
    bare: await open({ from: bare, to: bare, read: readOrder }),
    path: await open({
      from: topics.orderEvents,
      to: topics.inventoryEvents,
      types: heldOrRejected,
      read: readEvent,
    }),
  };
};

/** Topics by their ARNs, and how the messages at the end are read. */
interface Ends {
  from: string;
  to: string;
  types?: readonly string[];
  read: (message: unknown) => Pick<Delivery, "orderId"> & Partial<Delivery>;
}

const readOrder: Ends["read"] = (message) => ({ orderId: (message as Order).orderId });

const readEvent: Ends["read"] = (message) => {
  const { id, type, time, data } = message as InventoryEvent<"reservation.held">;
  if (type !== "reservation.held") throw new Error(`${type as string}: ${JSON.stringify(data)}`);
  return { orderId: data.orderId!, id, toldAtMs: Date.parse(time) };
};

const publish = async (
  client: SNSClient,
  topicArn: string,
  orders: readonly Order[],
): Promise<void> => {
  const entries = orders.map(({ orderId, sku }, index) => {
    const data = { orderId, lines: [{ sku, quantity: 1 }] } satisfies OrderEvent["data"];
    return { Id: String(index), Message: JSON.stringify({ type: "order.placed", ...data }) };
  });
  const command = new PublishBatchCommand({
    TopicArn: topicArn,
    PublishBatchRequestEntries: entries,
  });
  const { Failed = [] } = await client.send(command);
  if (Failed.length > 0) throw new Error(`SNS refused: ${JSON.stringify(Failed[0])}`);
};

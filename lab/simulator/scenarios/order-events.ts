/** Orders of the shop by their events: repeated, out of order, and over HTTP as well. */
import type { Line } from "../../../contract/tables.ts";
import type { OrderCall } from "../cloud/order-queue.ts";
import { faultLevels } from "../faults.ts";
import type { Random } from "../time/random.ts";
import type { World } from "../world.ts";
import { atRate, persist, stockUp } from "./callers.ts";
import type { Scenario } from "./scenario.ts";
import type { Order } from "./shopper.ts";

const skus = ["ordered-0", "ordered-1", "ordered-2"] as const;

export const orderEvents: Scenario = {
  description:
    "Orders go through their life by events, some twice or shuffled, some over HTTP as well",
  load: { rate: 4, seconds: 20, units: 40, confirms: 0 },
  faults: faultLevels.some,
  run: async (world, load) => {
    await stockUp(world, skus, load.units);
    await atRate(world, load.rate, load.seconds, (index) =>
      orderLife(world, `order-${index}`, {
        lines: [{ sku: world.random.pick(skus), quantity: world.random.whole(1, 3) }],
      }),
    );
  },
};

/**
 * The events of one order: some of them twice, in any order, each after some time, and sometimes a call
 * over HTTP beside them.
 */
export async function orderLife(world: World, orderId: string, order: Order): Promise<void> {
  const { random, orders } = world;
  // A payment of some comes after the end of their hold.
  const ttlSeconds = random.chance(0.75) ? 30 : 1;
  const isByHttp = random.chance(0.15);
  const byHttp = isByHttp
    ? persist(world, {
        operation: "reserve",
        input: { orderId, ...order, ttlSeconds, idempotencyKey: `http-${orderId}` },
      })
    : undefined;
  for (const event of eventsOf(world, orderId, order, ttlSeconds)) {
    orders.send(event);
    await world.sleep(random.within([0, 2_000]));
  }
  await byHttp;
  if (isByHttp || random.chance(0.2)) {
    await persist(world, { operation: "listReservations", input: { orderId } });
  }
}

function eventsOf(
  { random }: World,
  orderId: string,
  order: Order,
  ttlSeconds: number,
): OrderCall[] {
  const { lines } = order;
  const placed = { orderId, ...order, ttlSeconds };
  const events: OrderCall[] = [{ operation: "placeOrder", input: placed }];
  if (random.chance(0.7)) {
    const reacquires = random.chance(0.8);
    events.push({ operation: "payOrder", input: { orderId, reacquires } });
  }
  if (random.chance(0.4)) {
    const some = random.chance(0.5) ? { lines: someOf(random, lines) } : {};
    const input = { orderId, ...some, idempotencyKey: `fulfilled-${orderId}` };
    events.push({ operation: "fulfillOrder", input });
  }
  if (random.chance(0.25)) {
    const idempotencyKey = `returned-${orderId}`;
    const input = { orderId, lines: someOf(random, lines), reason: "unwanted", idempotencyKey };
    events.push({ operation: "returnOrder", input });
  }
  if (random.chance(0.3)) events.push({ operation: "cancelOrder", input: { orderId } });
  if (random.chance(0.2)) events.push(random.pick(events));
  if (random.chance(0.25)) return shuffled(random, events);
  return events;
}

const someOf = (random: Random, lines: readonly Line[]): Line[] => {
  const { sku, quantity } = random.pick(lines);
  return [{ sku, quantity: random.whole(1, quantity) }];
};

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const left = [...items];
  return items.map(() => left.splice(random.whole(0, left.length - 1), 1)[0]!);
}

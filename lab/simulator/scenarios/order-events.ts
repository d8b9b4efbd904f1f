/** Orders of the shop by their events: repeated, out of order, and over HTTP as well. */
import type { Line } from "../../../contract/tables.ts";
import type { OrderCall } from "../cloud/order-queue.ts";
import { faultLevels } from "../faults.ts";
import type { World } from "../world.ts";
import { atRate, persist, stockUp } from "./callers.ts";
import type { Scenario } from "./scenario.ts";

const skus = ["ordered-0", "ordered-1", "ordered-2"] as const;

export const orderEvents: Scenario = {
  description: "Orders are placed, paid and cancelled by events, some over HTTP as well",
  load: { rate: 4, seconds: 20, units: 40, confirms: 0 },
  faults: faultLevels.some,
  run: async (world, load) => {
    await stockUp(world, skus, load.units);
    await atRate(world, load.rate, load.seconds, (index) =>
      orderLife(world, `order-${index}`, [
        { sku: world.random.pick(skus), quantity: world.random.whole(1, 3) },
      ]),
    );
  },
};

/** The events of one order, each after some time, and sometimes a call over HTTP beside them. */
export async function orderLife(world: World, orderId: string, lines: Line[]): Promise<void> {
  const { random, orders } = world;
  const placed: OrderCall = { operation: "placeOrder", input: { orderId, lines, ttlSeconds: 30 } };
  const paid: OrderCall = { operation: "payOrder", input: { orderId } };
  const cancelled: OrderCall = { operation: "cancelOrder", input: { orderId } };
  const events: OrderCall[] = [placed, ...(random.chance(0.7) ? [paid] : [])];
  if (random.chance(0.3)) events.push(cancelled);
  if (random.chance(0.15)) events.reverse();
  const isByHttp = random.chance(0.15);
  const byHttp = isByHttp
    ? persist(world, {
        operation: "reserve",
        input: { orderId, lines, ttlSeconds: 30, idempotencyKey: `http-${orderId}` },
      })
    : undefined;
  for (const event of events) {
    orders.send(event);
    await world.sleep(random.within([0, 2_000]));
  }
  await byHttp;
  if (isByHttp || random.chance(0.2)) {
    await persist(world, { operation: "listReservations", input: { orderId } });
  }
}

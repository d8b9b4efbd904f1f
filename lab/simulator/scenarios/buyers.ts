/** Scenarios of buyers of popular SKUs: their figures are the point. */
import { levelKeyOf } from "../../../inventory/stock/level-key.ts";
import { faultLevels } from "../faults.ts";
import type { World } from "../world.ts";
import type { Answers } from "./answers.ts";
import { buyersAtRate, atRate, counted, persist, reservationIdOf, stockUp } from "./callers.ts";
import type { Load, Scenario } from "./scenario.ts";
import type { Order } from "./shopper.ts";

/** The time that a buyer takes to pay. */
const paymentMs = [1_000, 5_000] as const;
const releaseShare = 0.05;

/** Longer than the functions of an account need to start. */
export const warmUpSeconds = 5;

/**
 * One buyer: holds the lines, and mostly confirms them later.
 *
 * @param idempotencyKey undefined for a buyer without one
 */
export const buy = async (
  world: World,
  answers: Answers,
  { confirms }: Load,
  idempotencyKey: string | undefined,
  order: Order,
): Promise<void> => {
  const input = { ...order, idempotencyKey };
  const responding = world.holdfast.send({ operation: "reserve", input });
  const response = await counted(world, answers, responding);
  const reservationId = reservationIdOf(response);
  if (reservationId === undefined) return;
  const share = world.random.next();
  if (share >= confirms + releaseShare) return;
  await world.sleep(world.random.within(paymentMs));
  const operation = share < confirms ? "confirm" : "release";
  await world.holdfast.send({ operation, input: { reservationId } });
};

export const flashSale: Scenario = {
  description: "Buyers of one SKU come at a rate, and confirm or release their holds",
  load: { rate: 500, seconds: 10, units: 1_000_000, confirms: 0.9, warmUpSeconds },
  fulfillsOnConfirm: true,
  faults: faultLevels.none,
  isThroughput: true,
  takesShards: true,
  run: async (world, load, answers) => {
    await stockUp(world, ["popular"], load.units, () => load.shards);
    await buyersAtRate(world, load, answers, (buyer) =>
      buy(world, answers, load, `buyer-${buyer}`, {
        lines: [{ sku: "popular", quantity: 1 }],
      }),
    );
  },
};

const saleLocations = ["ams1", "ams2", "rtm", "utr", "ehv"];

export const flashSaleByChannel: Scenario = {
  ...flashSale,
  description: "The same by a channel over five locations, each of which has a fifth of the units",
  run: async (world, load, answers) => {
    const levels = saleLocations.map((location) => levelKeyOf({ sku: "popular", location }));
    const units = Math.floor(load.units / levels.length);
    await stockUp(world, levels, units, () => load.shards);
    const channel = { channel: "web", locations: saleLocations, rule: "priority" } as const;
    await persist(world, { operation: "setChannel", input: channel });
    await buyersAtRate(world, load, answers, (buyer) =>
      buy(world, answers, load, `buyer-${buyer}`, {
        lines: [{ sku: "popular", quantity: 1 }],
        channel: "web",
      }),
    );
  },
};

/** Channels with all rules, and with limits that some orders meet. */
const rushChannels = [
  { channel: "web", rule: "priority" },
  { channel: "store", rule: "fewest-splits", maxSplits: 1 },
  { channel: "market", rule: "most-stock", maxSplits: 2 },
] as const;
const rushSkus = Array.from({ length: 10 }, (_, index) => `rush-${index}`);

export const channelRush: Scenario = {
  description: "Orders by channel over five locations and ten scarce SKUs come all at once",
  // The orders of a second come at the same instant.
  load: { rate: 2_000, seconds: 1, units: 10, confirms: 0.5 },
  faults: faultLevels.some,
  // A search for dead holds queries all partitions.
  expiryPartitions: 2,
  run: async (world, { rate, seconds, units, confirms }, answers) => {
    const levels = rushSkus.flatMap((sku) =>
      saleLocations.map((location) => levelKeyOf({ sku, location })),
    );
    await stockUp(world, levels, units);
    for (const channel of rushChannels) {
      const input = { ...channel, locations: saleLocations };
      await persist(world, { operation: "setChannel", input });
    }
    const load = { rate, seconds, units, confirms };
    const orders = Array.from({ length: rate * seconds }, (_, index) =>
      buyByChannel(world, answers, load, index),
    );
    await Promise.all(orders);
  },
};

/** An order of one to three lines, which is repeated until it is decided. */
async function buyByChannel(
  world: World,
  answers: Answers,
  { confirms }: Load,
  index: number,
): Promise<void> {
  const { random } = world;
  const first = random.whole(0, rushSkus.length - 1);
  const lines = Array.from({ length: random.whole(1, 3) }, (_, line) => ({
    sku: rushSkus[(first + line) % rushSkus.length]!,
    quantity: random.whole(1, 3),
  }));
  const { channel } = random.pick(rushChannels);
  const input = { lines, channel, idempotencyKey: `order-${index}` };
  const calledAtMs = world.time.nowMs;
  const response = await persist(world, { operation: "reserve", input }, rushTries);
  answers.add(response, calledAtMs, world.time.nowMs);
  const reservationId = reservationIdOf(response);
  if (reservationId === undefined || !random.chance(confirms)) return;
  await persist(world, { operation: "confirm", input: { reservationId } });
}

/** Calls until there is an outcome: the functions of the account take half of the orders at once. */
const rushTries = 12;

export const soldOut: Scenario = {
  // The refusal of a request with a key costs a read of its record more.
  description: "Buyers without an idempotency key come for a SKU whose last units are held",
  load: { rate: 1_000, seconds: 10, units: 20, confirms: 0, warmUpSeconds },
  faults: faultLevels.none,
  isThroughput: true,
  takesShards: true,
  run: async (world, load, answers) => {
    await stockUp(world, ["sold-out"], load.units, () => load.shards);
    const lines = [{ sku: "sold-out", quantity: load.units }];
    await persist(world, { operation: "reserve", input: { lines, idempotencyKey: "first" } });
    await buyersAtRate(world, load, answers, () =>
      buy(world, answers, load, undefined, { lines: [{ sku: "sold-out", quantity: 1 }] }),
    );
  },
};

/** In the order in which an order takes them. The last ones are scarcest, so that it fails half-way. */
const manySkus = Array.from(
  { length: 130 },
  (_, index) => `many-${String(index).padStart(3, "0")}`,
);
const largeOrderLines = 120;
const scarceSkus = 15;

export const largeOrders: Scenario = {
  description: "Orders of more lines than a transaction takes want the same scarce units",
  load: { rate: 0.7, seconds: 12, units: 4, confirms: 0.3 },
  faults: faultLevels.some,
  run: async (world, load, answers) => {
    await stockUp(world, manySkus.slice(0, -scarceSkus), 10 * load.units);
    await stockUp(world, manySkus.slice(-scarceSkus), load.units);
    await atRate(world, load.rate, load.seconds, (buyer) => {
      const first = world.random.whole(0, manySkus.length - largeOrderLines);
      const lines = manySkus.slice(first, first + largeOrderLines);
      return buy(world, answers, load, `buyer-${buyer}`, {
        lines: lines.map((sku) => ({ sku, quantity: world.random.whole(1, 2) })),
      });
    });
  },
};

const cartSkus = Array.from({ length: 10 }, (_, index) => `cart-${index}`);

export const carts: Scenario = {
  description: "Carts of two to six lines over ten scarce SKUs get in each other's way",
  load: { rate: 20, seconds: 15, units: 60, confirms: 0.6 },
  fulfillsOnConfirm: true,
  faults: faultLevels.some,
  isThroughput: true,
  run: async (world, load, answers) => {
    await stockUp(world, cartSkus, load.units);
    await buyersAtRate(world, load, answers, (buyer) => {
      const count = world.random.whole(2, 6);
      const first = world.random.whole(0, cartSkus.length - 1);
      const lines = Array.from({ length: count }, (_, index) => ({
        sku: cartSkus[(first + index) % cartSkus.length]!,
        quantity: world.random.whole(1, 2),
      }));
      return buy(world, answers, load, `buyer-${buyer}`, { lines });
    });
  },
};

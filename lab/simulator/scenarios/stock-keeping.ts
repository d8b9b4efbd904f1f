/** Scenarios of holds that end together, and of counts and corrections beside buyers. */
import { faultLevels } from "../faults.ts";
import type { World } from "../world.ts";
import { kindOf, type Answers } from "./answers.ts";
import { buy, warmUpSeconds } from "./buyers.ts";
import { atRate, buyersAtRate, counted, persist, reservationIdOf, stockUp } from "./callers.ts";
import type { Load, Scenario } from "./scenario.ts";

const waveSkus = ["wave-0", "wave-1", "wave-2"] as const;
const waveSeconds = 5;

export const expiryWave: Scenario = {
  description: "Many holds end in the same second, and buyers come for their units",
  load: { rate: 20, seconds: 15, units: 60, confirms: 0 },
  faults: faultLevels.some,
  run: async (world, load, answers) => {
    await stockUp(world, waveSkus, load.units);
    const hold = (index: number) => {
      const responding = persist(world, {
        operation: "reserve",
        input: {
          lines: [{ sku: waveSkus[index % waveSkus.length]!, quantity: 1 }],
          ttlSeconds: waveSeconds,
          idempotencyKey: `wave-${index}`,
        },
      });
      return counted(world, answers, responding);
    };
    await atRate(world, load.rate, load.seconds, hold);
  },
};

export const restock: Scenario = {
  description: "A SKU is counted and corrected while it sells",
  load: { rate: 20, seconds: 15, units: 100, confirms: 0.5 },
  fulfillsOnConfirm: true,
  faults: faultLevels.some,
  run: async (world, load, answers) => {
    const sku = "restocked";
    await stockUp(world, [sku], load.units);
    const buying = sellUnits(world, load, answers, sku, async (reservationId) => {
      if (!world.random.chance(load.confirms)) return;
      await persist(world, { operation: "confirm", input: { reservationId } });
    });
    const keeping = atRate(world, 1, load.seconds, (index) => keepStock(world, sku, index));
    await Promise.all([buying, keeping]);
  },
};

/** Buyers at the rate of the load hold a unit each, and then decide. */
const sellUnits = (
  world: World,
  { rate, seconds }: Load,
  answers: Answers,
  sku: string,
  decide: (reservationId: string) => Promise<unknown>,
): Promise<void> =>
  atRate(world, rate, seconds, async (index) => {
    const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: `buyer-${index}` };
    const responding = persist(world, { operation: "reserve", input });
    const reservationId = reservationIdOf(await counted(world, answers, responding));
    if (reservationId !== undefined) await decide(reservationId);
  });

async function keepStock(world: World, sku: string, index: number): Promise<void> {
  const { random } = world;
  if (random.chance(0.3)) {
    await persist(world, { operation: "setStock", input: { sku, onHand: random.whole(80, 150) } });
    return;
  }
  const delta = random.whole(-2, 10) || 1;
  const input = { sku, delta, reason: "delivery", idempotencyKey: `delivery-${index}` };
  await persist(world, { operation: "adjustStock", input });
}

const shortfallRows = [1, 4] as const;

export const shortfall: Scenario = {
  description: "A SKU in several rows is counted below what is reserved while it sells",
  load: { rate: 20, seconds: 15, units: 100, confirms: 0.3 },
  faults: faultLevels.some,
  run: async (world, load, answers) => {
    const sku = "short";
    const { random } = world;
    await stockUp(world, [sku], load.units, () => shortfallRows[1]);
    const buying = sellUnits(world, load, answers, sku, async (reservationId) => {
      await world.sleep(random.within([0, 5_000]));
      const operation = random.chance(load.confirms) ? "confirm" : "release";
      await persist(world, { operation, input: { reservationId } });
    });
    const keeping = atRate(world, 2, load.seconds, async (index) => {
      if (random.chance(0.3)) return keepStock(world, sku, index);
      const shards = random.chance(0.5) ? random.whole(...shortfallRows) : undefined;
      const input = { sku, onHand: random.whole(0, 60), allowShortfall: true, shards };
      await persist(world, { operation: "setStock", input });
    });
    await Promise.all([buying, keeping]);
  },
};

const adjustmentsPerSecond = 16;
const countsPerSecond = 1;

export const restockUnderLoad: Scenario = {
  description: "A SKU is corrected 16 times a second and counted once a second beside its buyers",
  load: { rate: 500, seconds: 10, units: 1_000_000, confirms: 0.9, warmUpSeconds },
  fulfillsOnConfirm: true,
  faults: faultLevels.none,
  isThroughput: true,
  takesShards: true,
  run: async (world, load, answers) => {
    const sku = "restocked";
    await stockUp(world, [sku], load.units, () => load.shards);
    const buying = buyersAtRate(world, load, answers, (buyer) =>
      buy(world, answers, load, `buyer-${buyer}`, { lines: [{ sku, quantity: 1 }] }),
    );
    await world.sleep((load.warmUpSeconds ?? 0) * 1_000);
    const keeping = keepStockOnce(world, answers, sku, load.units);
    await Promise.all([
      buying,
      atRate(world, adjustmentsPerSecond, load.seconds, keeping.adjust, "adjustments"),
      atRate(world, countsPerSecond, load.seconds, keeping.count, "counts"),
    ]);
  },
};

/** Calls of staff who do not try again. */
function keepStockOnce(world: World, answers: Answers, sku: string, units: number) {
  return {
    adjust: async (index: number): Promise<void> => {
      const delta = index % 2 === 0 ? 1 : -1;
      const input = { sku, delta, reason: "delivery", idempotencyKey: `delivery-${index}` };
      const response = await world.holdfast.send({ operation: "adjustStock", input });
      answers.addStaff("adjustments", kindOf(response) === "adjusted");
    },
    count: async (): Promise<void> => {
      const input = { sku, onHand: units };
      const response = await world.holdfast.send({ operation: "setStock", input });
      answers.addStaff("counts", kindOf(response) === "replaced");
    },
  };
}

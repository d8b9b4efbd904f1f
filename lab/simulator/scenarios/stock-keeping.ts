/** Scenarios of holds that end together, and of counts and corrections beside buyers. */
import { faultLevels } from "../faults.ts";
import type { World } from "../world.ts";
import { atRate, counted, persist, reservationIdOf, stockUp } from "./callers.ts";
import type { Scenario } from "./scenario.ts";

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
  faults: faultLevels.some,
  run: async (world, load, answers) => {
    const sku = "restocked";
    await stockUp(world, [sku], load.units);
    const buying = atRate(world, load.rate, load.seconds, async (index) => {
      const input = { lines: [{ sku, quantity: 1 }], idempotencyKey: `buyer-${index}` };
      const responding = persist(world, { operation: "reserve", input });
      const response = await counted(world, answers, responding);
      const reservationId = reservationIdOf(response);
      if (reservationId === undefined) return;
      if (!world.random.chance(load.confirms)) return;
      await persist(world, { operation: "confirm", input: { reservationId } });
    });
    const keeping = atRate(world, 1, load.seconds, (index) => keepStock(world, sku, index));
    await Promise.all([buying, keeping]);
  },
};

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

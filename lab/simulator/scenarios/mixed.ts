/**
 * Everything at random: shoppers, staff and order events over a few scarce SKUs, some of which have
 * several rows.
 */
import type { Line } from "../../../contract/tables.ts";
import { faultLevels } from "../faults.ts";
import type { Random } from "../time/random.ts";
import type { World } from "../world.ts";
import { atRate, persist, stockUp } from "./callers.ts";
import type { Scenario } from "./scenario.ts";
import { orderLife } from "./order-events.ts";
import { shop } from "./shopper.ts";

/** One run in so many has carts of more lines than a transaction takes. */
const largeCartEvery = 10;
const largeCartLines = [60, 120] as const;

/** The rows of a SKU that has several. */
const shardsRange = [2, 4] as const;

/** The choices of rows, which have a generator of their own. */
interface Rows {
  /** The SKUs that begin with several rows. */
  shards: ReadonlyMap<string, number>;
  random: Random;
}

export const mixed: Scenario = {
  description: "Shoppers, staff and order events at random, over a few scarce SKUs",
  load: { rate: 4, seconds: 25, units: 12, confirms: 0.5 },
  faults: faultLevels.some,
  // A search for dead holds asks all of them: more would be most of the requests, and show nothing more.
  expiryPartitions: 2,
  run: async (world, load, answers) => {
    const { random } = world;
    const skus = Array.from({ length: random.whole(2, 4) }, (_, index) => `sku-${index}`);
    const isLarge = random.chance(1 / largeCartEvery);
    const many = isLarge ? Array.from({ length: largeCartLines[1] }, (_, i) => `many-${i}`) : [];
    const rows = chooseRows(random.fork("rows"), skus);
    await stockUp(world, [...skus, ...many], load.units, (sku) => rows.shards.get(sku));
    await atRate(world, load.rate, load.seconds, (index) => {
      const kind = random.next();
      const shopper = { confirms: load.confirms, index };
      const pick = (): Line[] => pickLines(world, skus, rows);
      if (kind < 0.6) return shop(world, answers, shopper, pick(), pick);
      if (kind < 0.75) return staff(world, skus, rows, index);
      if (kind < 0.85) return look(world, skus);
      if (isLarge && kind < 0.9) {
        const lines = many.slice(0, random.pick(largeCartLines));
        const cart = lines.map((sku) => ({ sku, quantity: random.whole(1, 3) }));
        return shop(world, answers, shopper, cart, pick);
      }
      return orderLife(world, `order-${index}`, pickLines(world, skus, rows));
    });
  },
};

/** About half of the SKUs begin with several rows. */
function chooseRows(random: Random, skus: readonly string[]): Rows {
  const several = skus.filter(() => random.chance(0.5));
  return { shards: new Map(several.map((sku) => [sku, random.whole(...shardsRange)])), random };
}

/** Mostly one line. */
function pickLines({ random }: World, skus: readonly string[], rows: Rows): Line[] {
  const count = random.chance(0.65) ? 1 : random.whole(2, skus.length);
  const first = random.whole(0, skus.length - 1);
  return Array.from({ length: count }, (_, index) => {
    const sku = skus[(first + index) % skus.length]!;
    const quantity = random.whole(1, 3);
    // More than a row of such a SKU has, though not more than all.
    const isLarge = rows.shards.has(sku) && rows.random.chance(0.15);
    return { sku, quantity: isLarge ? rows.random.whole(4, 10) : quantity };
  });
}

/** Staff count a SKU, and may choose its rows, or correct it. */
async function staff(
  world: World,
  skus: readonly string[],
  rows: Rows,
  index: number,
): Promise<void> {
  const { random } = world;
  const sku = random.pick(skus);
  if (random.chance(0.3)) {
    const onHand = random.whole(5, 30);
    const choosesRows = rows.random.chance(0.5);
    const shards = choosesRows ? rows.random.whole(1, shardsRange[1]) : undefined;
    const input = { sku, onHand, ...(shards !== undefined && { shards }) };
    await persist(world, { operation: "setStock", input });
    return;
  }
  const delta = random.pick([-3, -2, -1, 1, 2, 5, 8]);
  const input = { sku, delta, reason: "correction", idempotencyKey: `correction-${index}` };
  await persist(world, { operation: "adjustStock", input });
}

async function look(world: World, skus: readonly string[]): Promise<void> {
  const sku = world.random.pick([...skus, "unknown"]);
  await persist(world, { operation: "getLevel", input: { sku } });
}

/**
 * Everything at random: shoppers, staff and order events over a few scarce SKUs, some of which have
 * several rows.
 */
import { sourcingRules, type Line } from "../../../contract/tables.ts";
import { levelNameOf } from "../../../inventory/stock/level-key.ts";
import { faultLevels } from "../faults.ts";
import type { Random } from "../time/random.ts";
import type { World } from "../world.ts";
import { atRate, persist, stockUp } from "./callers.ts";
import type { Answers } from "./answers.ts";
import type { Load, Scenario } from "./scenario.ts";
import { orderLife } from "./order-events.ts";
import { shop, type Order } from "./shopper.ts";

/** One run in so many has carts of more lines than a transaction takes. */
const largeCartEvery = 10;
const largeCartLines = [60, 120] as const;

/** The rows of a SKU that has several. */
const shardsRange = [2, 4] as const;

/** The locations whose levels a run has: the default one alone, others too, or those of channels. */
type Places = "default" | "named" | "channels";

/** The features of one run. */
interface Features {
  places: Places;
  /** True for safety stock, and for moves of units. */
  keeps: boolean;
  /** True for levels with a `backorderLimit`. */
  backorders: boolean;
}

/** The stock levels of a run by their keys, and the choices of their rows and of what is kept from sale. */
interface Levels {
  keys: readonly string[];
  /** The levels that begin with several rows. */
  shards: ReadonlyMap<string, number>;
  /** Chooses rows. */
  random: Random;
  /** Chooses safety stock and moves; absent where there are none. */
  keeping: Random | undefined;
  /** Chooses channels and their rules; absent where there are none. */
  sourcing: Random | undefined;
  /** Chooses limits of backorders; absent where there are none. */
  backordering: Random | undefined;
}

const scenarioOf = (description: string, featuresOf: (random: Random) => Features): Scenario => ({
  description,
  load: { rate: 4, seconds: 25, units: 12, confirms: 0.5 },
  faults: faultLevels.some,
  // A search for dead holds asks all partitions: more would be most of the requests, and show nothing more.
  expiryPartitions: 2,
  run: (world, wanted, answers) =>
    run(world, wanted, answers, featuresOf(world.random.fork("features"))),
});

/**
 * Each run has some features and not others, so that one does not keep another from being met (swarm
 * testing: A. Groce et al., ISSTA 2012).
 */
export const mixed: Scenario = scenarioOf(
  "Shoppers, staff and order events at random, over a few scarce SKUs and some of the features below",
  (random) => ({
    places: random.pick<Places>(["default", "named", "channels"]),
    keeps: random.chance(0.5),
    backorders: random.chance(0.5),
  }),
);

export const defaultLocation: Scenario = scenarioOf(
  "The same over SKUs at the default location alone",
  () => ({ places: "default", keeps: false, backorders: false }),
);

export const locations: Scenario = scenarioOf(
  "The same over SKUs at several locations, whose units are moved, and kept from sale",
  () => ({ places: "named", keeps: true, backorders: false }),
);

export const channels: Scenario = scenarioOf(
  "The same with orders by channel, each of which chooses locations by its rule",
  () => ({ places: "channels", keeps: true, backorders: false }),
);

export const backorders: Scenario = scenarioOf(
  "The same over SKUs that are sold before they are there, and received in part",
  () => ({ places: "named", keeps: true, backorders: true }),
);

/** The levels that a run may have, and how many of them it has. */
const levelsOf: Readonly<Record<Places, { keys: readonly string[]; least: number }>> = {
  default: { keys: ["sku-0", "sku-1", "sku-2", "sku-3"], least: 2 },
  // A SKU at the default location and another one, and a SKU at two others.
  named: { keys: ["sku-0", "sku-0@ams1", "sku-1@ams1", "sku-1@rtm"], least: 2 },
  channels: {
    keys: ["sku-0@ams1", "sku-0@rtm", "sku-1@rtm", "sku-1@utr", "sku-0@utr", "sku-2@ams1"],
    least: 3,
  },
};

/** The share of the units that a level has where orders choose among levels, or may wait for units. */
const channelShare = 1 / 2;
const backorderShare = 1 / 4;

async function run(
  world: World,
  wanted: Load,
  answers: Answers,
  { places, keeps, backorders: sellsBackorders }: Features,
): Promise<void> {
  const { random } = world;
  const isByChannel = places === "channels";
  const { keys: all, least } = levelsOf[places];
  const keys = all.slice(0, random.whole(least, all.length));
  const isLarge = random.chance(1 / largeCartEvery);
  const many = isLarge ? Array.from({ length: largeCartLines[1] }, (_, i) => `many-${i}`) : [];
  const share = sellsBackorders ? backorderShare : isByChannel ? channelShare : 1;
  const units = Math.ceil(wanted.units * share);
  const levels: Levels = {
    ...chooseRows(random.fork("rows"), keys),
    keeping: keeps ? random.fork("safety stock") : undefined,
    sourcing: isByChannel ? random.fork("channels") : undefined,
    backordering: sellsBackorders ? random.fork("backorders") : undefined,
  };
  const { sourcing, backordering } = levels;
  await stockUp(world, [...keys, ...many], units, (key) => levels.shards.get(key));
  for (const key of backordering ? keys.filter(() => backordering.chance(0.8)) : []) {
    const backorderLimit = backordering!.whole(...backorderRange);
    const input = { ...levelNameOf(key), onHand: units, backorderLimit };
    await persist(world, { operation: "setStock", input });
  }
  for (const channel of sourcing ? channelNames : []) await setChannel(world, sourcing!, channel);
  await atRate(world, wanted.rate, wanted.seconds, (index) => {
    const kind = random.next();
    const shopper = { confirms: wanted.confirms, index };
    const pick = (channel?: string): Line[] => pickLines(world, levels, channel);
    const order = (): Order => {
      const channel = pickChannel(levels);
      return { lines: pick(channel), ...(channel !== undefined && { channel }) };
    };
    if (kind < 0.6) return shop(world, answers, shopper, order(), pick);
    if (kind < 0.75) return staff(world, levels, index);
    if (kind < 0.85) return look(world, levels);
    if (isLarge && kind < 0.9) {
      const lines = many.slice(0, random.pick(largeCartLines));
      const cart = lines.map((sku) => ({ sku, quantity: random.whole(1, 3) }));
      return shop(world, answers, shopper, { lines: cart }, pick);
    }
    return orderLife(world, `order-${index}`, order());
  });
}

/** The limit of the backorders of a level. */
const backorderRange = [2, 9] as const;

/** About half of the levels begin with several rows. */
function chooseRows(
  random: Random,
  keys: readonly string[],
): Pick<Levels, "keys" | "shards" | "random"> {
  const several = keys.filter(() => random.chance(0.5));
  const shards = new Map(several.map((key) => [key, random.whole(...shardsRange)]));
  return { keys, shards, random };
}

const channelNames = ["web", "store"];
const locationNames = ["ams1", "rtm", "utr"];

/** The share of orders that are by channel, and that of the work of staff that changes one. */
const byChannelShare = 0.7;
const rearrangingShare = 0.1;

/** The channel of the next order; undefined for one that names its locations. */
const pickChannel = ({ sourcing }: Levels): string | undefined =>
  sourcing?.chance(byChannelShare) ? sourcing.pick(channelNames) : undefined;

/** Sets a channel to a rule and to locations, at random. */
async function setChannel(world: World, random: Random, channel: string) {
  const first = random.whole(0, locationNames.length - 1);
  const count = random.chance(0.75) ? locationNames.length : random.whole(1, 2);
  const some = Array.from(
    { length: count },
    (_, index) => locationNames[(first + index) % locationNames.length]!,
  );
  const rule = random.pick(sourcingRules);
  const maxSplits = random.chance(0.3) ? random.whole(1, 2) : undefined;
  const input = { channel, locations: some, rule, ...(maxSplits !== undefined && { maxSplits }) };
  await persist(world, { operation: "setChannel", input });
}

/** Mostly one line. By channel, a line seldom names its location. */
function pickLines(world: World, levels: Levels, channel?: string): Line[] {
  const lines = pickLevels(world, levels);
  if (channel === undefined) return lines;
  const { sourcing } = levels;
  // At a location that the channel may not have, a line would be refused.
  return lines.map(({ sku, quantity }) => ({
    sku,
    quantity: sourcing!.chance(0.2) ? quantity + sourcing!.whole(2, 6) : quantity,
  }));
}

function pickLevels({ random }: World, { keys, shards, random: rowsRandom }: Levels): Line[] {
  const count = random.chance(0.65) ? 1 : random.whole(2, keys.length);
  const first = random.whole(0, keys.length - 1);
  return Array.from({ length: count }, (_, index) => {
    const key = keys[(first + index) % keys.length]!;
    const quantity = random.whole(1, 3);
    // More than a row of such a level has, though not more than all.
    const isLarge = shards.has(key) && rowsRandom.chance(0.15);
    return { ...levelNameOf(key), quantity: isLarge ? rowsRandom.whole(4, 10) : quantity };
  });
}

/** The share of counts that set the units that are kept from sale, and the most of these. */
const keepingShare = 0.6;
const keptMax = 8;

/** The share of the work of staff that moves units, and that of transfers to another location in it. */
const movingShare = 0.4;
const transferShare = 0.6;

/** Staff take units out of sale, put them back, or bring them to another location of their SKU. */
async function moveUnits(world: World, { keys }: Levels, random: Random, index: number) {
  const name = levelNameOf(random.pick(keys));
  const quantity = random.whole(1, 4);
  const input = { quantity, reason: "refill", idempotencyKey: `move-${index}` };
  const others = keys
    .map(levelNameOf)
    .filter(({ sku, location }) => sku === name.sku && location !== name.location);
  if (others.length > 0 && random.chance(transferShare)) {
    const { sku, location: fromLocation } = name;
    const { location: toLocation } = random.pick(others);
    const transfer = { ...input, sku, fromLocation, toLocation };
    await persist(world, { operation: "transferStock", input: transfer });
    return;
  }
  const to = random.chance(0.5) ? ("unavailable" as const) : ("available" as const);
  await persist(world, { operation: "setAside", input: { ...input, ...name, to } });
}

/** Staff count a level, and may choose its rows and what is kept from sale, or correct it. */
async function staff(world: World, levels: Levels, index: number): Promise<void> {
  const { random } = world;
  const { random: rowsRandom, keeping, sourcing, backordering } = levels;
  if (sourcing?.chance(rearrangingShare)) {
    return setChannel(world, sourcing, sourcing.pick(channelNames));
  }
  if (keeping?.chance(movingShare)) return moveUnits(world, levels, keeping, index);
  const name = levelNameOf(random.pick(levels.keys));
  if (random.chance(0.3)) {
    const onHand = random.whole(5, 30);
    const choosesRows = rowsRandom.chance(0.5);
    const shards = choosesRows ? rowsRandom.whole(1, shardsRange[1]) : undefined;
    const keeps = keeping?.chance(keepingShare) ?? false;
    const input = {
      ...name,
      onHand,
      ...(shards !== undefined && { shards }),
      ...(keeps && { safetyStock: keeping!.whole(0, keptMax) }),
      ...(backordering?.chance(0.3) && { backorderLimit: backordering.whole(0, 9) }),
    };
    await persist(world, { operation: "setStock", input });
    return;
  }
  const delta = random.pick([-3, -2, -1, 1, 2, 5, 8]);
  const idempotencyKey = `correction-${index}`;
  const input = { ...name, delta, reason: "correction", idempotencyKey };
  await persist(world, { operation: "adjustStock", input });
}

async function look(world: World, { keys }: Levels): Promise<void> {
  const name = levelNameOf(world.random.pick([...keys, "unknown"]));
  await persist(world, { operation: "getLevel", input: name });
}

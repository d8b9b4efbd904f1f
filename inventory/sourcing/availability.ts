/** The units that a reservation by channel could have now, and where they are. */
import { withPatience, type Call, type Database } from "../dynamodb/database.ts";
import { getLevels } from "../stock/read-stock.ts";
import type { Channel } from "./channels.ts";
import { mostUnits } from "./plan-sources.ts";
import { readChannel, type UnknownChannel } from "./remembered-channels.ts";

/** The units of a SKU in a channel. */
export interface ChannelAvailability {
  sku: string;
  /** The most units that one reservation could have: of no more locations than the channel allows. */
  available: number;
  /** The locations that have units, in the channel's order. */
  locations: { location: string; available: number }[];
}

/**
 * Looks up SKUs in a channel. Each level is as it was at one time, but not all of them at the same.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const getAvailability = async (
  database: Database,
  skus: readonly string[],
  name: string,
  caller: Call,
): Promise<{ outcome: "found"; items: ChannelAvailability[] } | UnknownChannel> => {
  const call = withPatience(database, caller);
  const channel = await readChannel(database, name, call);
  if (channel === undefined) return { outcome: "unknown_channel", channel: name };
  const { locations } = channel;
  const names = skus.flatMap((sku) => locations.map((location) => ({ sku, location })));
  const levels = await getLevels(database, names, call);
  const items = skus.map((sku, index) => {
    const first = index * locations.length;
    const units = locations.map((_, at) => Math.max(0, levels[first + at]?.available ?? 0));
    return availabilityOf(channel, sku, units);
  });
  return { outcome: "found", items };
};

function availabilityOf(
  { locations, rule, maxSplits = locations.length }: Channel,
  sku: string,
  available: readonly number[],
): ChannelAvailability {
  const limits = { rule, splitsMax: maxSplits, used: new Set<number>() };
  const [most] = mostUnits([{ units: Infinity, available }], limits);
  const all = locations.map((location, at) => ({ location, available: available[at]! }));
  return { sku, available: most!, locations: all.filter((one) => one.available > 0) };
}

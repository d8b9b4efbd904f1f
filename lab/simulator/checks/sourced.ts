/**
 * Judges refusals of orders by channel by trying all sets of locations: it shares no code with the plans of the
 * core.
 */
import type { Line, StoredChannel } from "../../../contract/tables.ts";
import { levelKeyOf } from "../../../inventory/stock/level-key.ts";

/** The units of a level that are available in truth. */
export type UnitsAt = (levelKey: string) => number;

/** True when some allowed set of the channel's locations has the units of all lines. */
export const isPossible = (
  lines: readonly Line[],
  { locations, maxSplits = locations.length }: StoredChannel,
  unitsAt: UnitsAt,
): boolean => {
  for (let set = 0; set < 2 ** locations.length; set += 1) {
    const some = locations.filter((_, index) => (set & (2 ** index)) !== 0);
    if (some.length <= maxSplits && haveAll(lines, some, unitsAt)) return true;
  }
  return false;
};

function haveAll(lines: readonly Line[], locations: readonly string[], unitsAt: UnitsAt): boolean {
  const named = lines.filter(({ location }) => location !== undefined);
  const claimedAt = (sku: string, location: string): number =>
    named.find((line) => line.sku === sku && line.location === location)?.quantity ?? 0;
  return lines.every((line) => {
    const { sku, location, quantity } = line;
    if (location !== undefined) {
      return locations.includes(location) && unitsAt(levelKeyOf(line)) >= quantity;
    }
    const units = locations.map((at) =>
      Math.max(0, unitsAt(levelKeyOf({ sku, location: at })) - claimedAt(sku, at)),
    );
    return units.reduce((sum, some) => sum + some, 0) >= quantity;
  });
}

/** The keys of all levels that the lines may take from. */
export const levelKeysOf = (lines: readonly Line[], { locations }: StoredChannel): string[] =>
  lines.flatMap(({ sku, location }) =>
    location === undefined
      ? locations.map((at) => levelKeyOf({ sku, location: at }))
      : [levelKeyOf({ sku, location })],
  );

/**
 * Keys in the table Stock. A stock level is the units of one SKU at one location; its key is the key of its
 * first row:
 *
 *   widget          the default location
 *   widget@ams1     the location ams1
 *   widget@ams1~3   its fourth row
 *   widget@         no level: the names of all locations but the default one (locations.ts)
 *   @               no level: the sales channels (sourcing/channels.ts)
 *
 * Neither SKUs nor locations have an `@` or a `~`. A key that ends with `@` is that of a record beside the rows.
 */

/** A stock level by its names. The default location has none. */
export interface LevelName {
  sku: string;
  location?: string | undefined;
}

/** The names alone, of a record that has more than them. */
export const plainName = ({ sku, location }: LevelName): LevelName => ({
  sku,
  ...(location !== undefined && { location }),
});

const beforeLocation = "@";
const beforeShard = "~";

export const levelKeyOf = ({ sku, location }: LevelName): string =>
  location === undefined ? sku : `${sku}${beforeLocation}${location}`;

export const locationsKeyOf = (sku: string): string => levelKeyOf({ sku, location: "" });

/** The key of the record of all sales channels. */
export const channelsKey = beforeLocation;

/** True for the key of a record of the table Stock that is no row of a level. */
export const isKeyBesideRows = (key: string): boolean => key.endsWith(beforeLocation);

/** The key of the level that a row belongs to. */
export const levelKeyOfRow = (row: string): string => row.split(beforeShard, 1)[0]!;

/** The names of a level, from its key or from that of one of its rows. */
export const levelNameOf = (key: string): { sku: string; location?: string } => {
  const [sku, location] = levelKeyOfRow(key).split(beforeLocation);
  return { sku: sku!, ...(location !== undefined && { location }) };
};

export const isFirstRow = (row: string): boolean => !row.includes(beforeShard);

/** @param shard from 0 */
export const rowKeyOf = (levelKey: string, shard: number): string =>
  shard === 0 ? levelKey : `${levelKey}${beforeShard}${shard}`;

/** The number of the row in its level, from 0. */
export const shardOf = (row: string): number => Number(row.split(beforeShard, 2)[1] ?? 0);

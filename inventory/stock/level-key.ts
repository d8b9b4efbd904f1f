/**
 * Keys in the table Stock. A stock level is the units of one SKU at one location; its key is the key of its
 * first row:
 *
 *   widget          the default location
 *   widget@ams1     the location ams1
 *   widget@ams1~3   its fourth row
 *   widget@ams1+    the units of ams1 that may be sold before they are there: a level of its own (backorders.ts)
 *   widget@         no level: the names of all locations but the default one (locations.ts)
 *   @               no level: the sales channels (sourcing/channels.ts)
 *
 * Neither SKUs nor locations have an `@`, a `+` or a `~`. A key that ends with `@` is that of a record beside the rows.
 */

/** A stock level by its names. The default location has none. */
export interface LevelName {
  sku: string;
  location?: string | undefined;
  /** True for the level of the units that may be sold before they are there. */
  isBackorder?: true | undefined;
}

/** The names alone, of a record that has more than them. */
export const plainName = ({ sku, location, isBackorder }: LevelName): LevelName => ({
  sku,
  ...(location !== undefined && { location }),
  ...(isBackorder && { isBackorder }),
});

const beforeLocation = "@";
const beforeShard = "~";
const afterBackorders = "+";

export const levelKeyOf = ({ sku, location, isBackorder }: LevelName): string => {
  const key = location === undefined ? sku : `${sku}${beforeLocation}${location}`;
  return isBackorder ? `${key}${afterBackorders}` : key;
};

/** True for the key of a level, or of a row, of units that may be sold before they are there. */
export const isBackorderKey = (key: string): boolean => key.includes(afterBackorders);

export const locationsKeyOf = (sku: string): string => levelKeyOf({ sku, location: "" });

/** The key of the record of all sales channels. */
export const channelsKey = beforeLocation;

/** True for the key of a record of the table Stock that is no row of a level. */
export const isKeyBesideRows = (key: string): boolean => key.endsWith(beforeLocation);

/** The key of the level that a row belongs to. */
export const levelKeyOfRow = (row: string): string => row.split(beforeShard, 1)[0]!;

/** The names of a level, from its key or from that of one of its rows. */
export const levelNameOf = (
  key: string,
): { sku: string; location?: string; isBackorder?: true } => {
  const [plain, ...rest] = levelKeyOfRow(key).split(afterBackorders);
  const [sku, location] = plain!.split(beforeLocation);
  return {
    sku: sku!,
    ...(location !== undefined && { location }),
    ...(rest.length > 0 && { isBackorder: true }),
  };
};

export const isFirstRow = (row: string): boolean => !row.includes(beforeShard);

/** @param shard from 0 */
export const rowKeyOf = (levelKey: string, shard: number): string =>
  shard === 0 ? levelKey : `${levelKey}${beforeShard}${shard}`;

/** The number of the row in its level, from 0. */
export const shardOf = (row: string): number => Number(row.split(beforeShard, 2)[1] ?? 0);

/** Units of levels, compared with the lines that ask for them. */
import type { Line } from "../../../contract/tables.ts";
import { levelKeyOf, levelNameOf, type LevelName } from "../../../inventory/stock/level-key.ts";
import { linesTogether } from "../../../inventory/reservations/lines.ts";
import { unitsTogether, type Units } from "./line-units.ts";

/** True for a line that may have units of any location: in a reservation by channel, one that names none. */
export const isOpenLine = ({ location }: LevelName, channel: string | undefined): boolean =>
  channel !== undefined && location === undefined;

/** The units of the SKU at all locations. */
const unitsOfSku = (units: Units, sku: string): number =>
  [...units]
    .filter(([levelKey]) => levelNameOf(levelKey).sku === sku)
    .reduce((sum, [, quantity]) => sum + quantity, 0);

/** The units that a line may concern, without those that other lines name at their locations. */
export const possibleFor = (
  line: LevelName,
  lines: readonly Line[],
  some: Units,
  channel: string | undefined,
): number => {
  const units = unitsTogether(linesOf(some));
  if (!isOpenLine(line, channel)) return units.get(levelKeyOf(line)) ?? 0;
  const claimed = lines
    .filter((one) => one.sku === line.sku && !isOpenLine(one, channel))
    .reduce((sum, one) => sum + Math.min(one.quantity, units.get(levelKeyOf(one)) ?? 0), 0);
  return unitsOfSku(units, line.sku) - claimed;
};

/** True when the units are those that the lines ask for, no more and no fewer. */
export const areAskedUnits = (
  some: Units,
  asked: readonly Line[],
  channel: string | undefined,
): boolean => {
  const units = unitsTogether(linesOf(some));
  const lines = linesTogether(asked);
  const skus = new Set([...lines.map(({ sku }) => sku), ...[...units.keys()].map(skuOf)]);
  const isAllThere = lines.every(
    (line) => possibleFor(line, lines, units, channel) >= line.quantity,
  );
  return (
    isAllThere &&
    [...skus].every((sku) => {
      const wanted = lines.filter((line) => line.sku === sku);
      return unitsOfSku(units, sku) === wanted.reduce((sum, { quantity }) => sum + quantity, 0);
    })
  );
};

const linesOf = (units: Units): Line[] =>
  Array.from(units, ([levelKey, quantity]) => ({ ...levelNameOf(levelKey), quantity }));

const skuOf = (levelKey: string): string => levelNameOf(levelKey).sku;

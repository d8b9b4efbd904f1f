/**
 * Takes units that may be sold before they are there. They are the units of a level of their own, which has as many
 * as the limit: so a hold takes them, and every end gives them back, by the same steps as all others.
 */
import type { Line, StockItem } from "../../contract/tables.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { levelKeyOf } from "../stock/level-key.ts";
import { areSameRows, availableIn, readRowsOfLevels } from "../stock/level.ts";
import { sumOfParts } from "../stock/marker.ts";
import { othersIn } from "./make-room.ts";
import { keptUnits, takeUnits, type Got, type Taken, type TakeRequest } from "./take-units.ts";

export interface BackorderWanted {
  line: Line;
  /** The units of the line that are not there. */
  units: number;
  /** The first row of its level, as it was seen. */
  first: StockItem;
}

/**
 * @param own the units of the line that were taken; it gets the others
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const takeBackorder = async (
  database: Database,
  request: TakeRequest,
  { line, units, first: { availableFromMs } }: BackorderWanted,
  own: Got[],
  call: Call,
): Promise<Taken> => {
  const wanted = { ...line, isBackorder: true, quantity: units } as const;
  const hasOthers = request.hasOthers || own.length > 0;
  const got: Got[] = [];
  const taken = await takeUnits(database, { ...request, hasOthers }, wanted, got, call);
  for (const { part, ...rest } of got) {
    own.push({
      ...rest,
      part: { ...part, ...(availableFromMs !== undefined && { availableFromMs }) },
    });
  }
  if ("taken" in taken || "blocked" in taken || "refused" in taken) return taken;
  return request.takesLess && own.length > 0
    ? { taken: true }
    : proveBothShort(database, line, own, call);
};

/**
 * Each level was short at a time of its own. The line is short where both together are at one time; otherwise
 * units have become available that its next attempt may have.
 */
async function proveBothShort(
  database: Database,
  line: Line,
  own: readonly Got[],
  call: Call,
): Promise<Taken> {
  const keys = [levelKeyOf(line), levelKeyOf({ ...line, isBackorder: true })];
  const look = async () => [...(await readRowsOfLevels(database, keys, call)).values()];
  const [before, levels] = [(await look()).flat(), await look()];
  const rows = levels.flat();
  const free = levels.reduce((sum, some) => sum + Math.max(0, availableIn(some)), 0);
  const available = free + sumOfParts(keptUnits(rows, own));
  const isProven =
    areSameRows(before, rows) && rows.every((row) => othersIn(row, own).length === 0);
  if (!isProven || available >= line.quantity) return { blocked: true };
  const { nextEndMs } = rows[0]!;
  const reserved = rows.reduce((sum, row) => sum + row.reserved, 0);
  return { short: { available, reserved, ...(nextEndMs !== undefined && { nextEndMs }) } };
}

/** Units of other requests and of dead holds, for an order by channel whose plan misses them. */
import { rowsInFlight } from "../../contract/bounds.ts";
import type { StockItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { mapEach } from "../for-each.ts";
import { expireDeadHolds, isKnownAlive } from "../reservations/due-holds.ts";
import { markerWait, othersIn } from "../reservations/make-room.ts";
import { areSameRows, levelOf } from "../stock/level.ts";
import { resolveMarkers } from "../stock/resolve.ts";
import { look, planOf, rowsOf, type Sourcing, type Want } from "./order-sourcing.ts";

/**
 * Looks for units that a plan misses: those of other requests that have not committed, and those of dead holds.
 *
 * @returns `short` when there are none: the rows were all as they are seen now at one time
 */
export async function makeRoomAtLocations(
  database: Database,
  sourcing: Sourcing,
  attempt: number,
  call: Call,
): Promise<"again" | "blocked" | "short"> {
  const { order, wants, levelKeys, own } = sourcing;
  const waits = order.isLeased || (wants.length === 1 && own.length === 0);
  const markersInTheWay = (rows: readonly StockItem[]) =>
    rows
      .map((row) => ({ row, markers: othersIn(row, own) }))
      .filter(({ markers }) => markers.length > 0);
  const before = rowsOf(sourcing);
  const open = markersInTheWay(before);
  if (open.length > 0) {
    const resolved = await mapEach(open, rowsInFlight, ({ row, markers }) =>
      resolveMarkers(database, row, markers, call),
    );
    await look(database, sourcing, levelKeys, call);
    const isDecided = resolved.every(({ undecided }) => undecided.length === 0);
    if (isDecided || planOf(sourcing) !== undefined) return "again";
    if (!waits) return "blocked";
    await backOff(database, call, attempt, "conflict", markerWait);
    await look(database, sourcing, levelKeys, call);
    return "again";
  }
  const isStill = async (): Promise<boolean> => {
    await look(database, sourcing, levelKeys, call);
    const rows = rowsOf(sourcing);
    return areSameRows(before, rows) && markersInTheWay(rows).length === 0;
  };
  if (!(await isStill())) return "again";
  // Other requests may have ended dead holds during the search.
  const hasSearched = await searchDeadHolds(database, sourcing, call);
  return !hasSearched || (await isStill()) ? "short" : "again";
}

/**
 * Ends dead holds of the levels that are short, or notes when the next hold ends.
 *
 * @returns true after a search for dead holds
 */
async function searchDeadHolds(
  database: Database,
  sourcing: Sourcing,
  call: Call,
): Promise<boolean> {
  const { wants, levelKeys, seen } = sourcing;
  const short = wants.filter(({ missing }) => missing > 0);
  const searched = levelKeys.filter((key) => {
    const rows = seen.get(key) ?? [];
    const isShort = short.some((want) => want.levelKeys.includes(key));
    return (
      isShort && rows.length > 0 && levelOf(rows).reserved > 0 && !isKnownAlive(database, rows[0]!)
    );
  });
  const results = await mapEach(searched, rowsInFlight, async (key) => {
    const [first, ...others] = seen.get(key)!;
    const units = short
      .filter((want) => want.levelKeys.includes(key) && mayHaveDead(sourcing, want))
      .reduce((sum, { missing }) => sum + missing, 0);
    // For 0 units it is the next end of a hold that is searched for.
    const noted = await expireDeadHolds(database, first!, units, call);
    if (noted === undefined || units > 0) return true;
    const { searchedAtMs, nextEndMs } = noted;
    seen.set(key, [{ ...first!, searchedAtMs, nextEndMs }, ...others]);
    return false;
  });
  return results.includes(true);
}

/** True when the line would have its units if all reservations of others were dead holds. */
function mayHaveDead({ seen, order }: Sourcing, { line, levelKeys }: Want): boolean {
  if (order.takesLess) return true;
  const rows = levelKeys.flatMap((key) => (key !== undefined && seen.get(key)) || []);
  return rows.reduce((sum, row) => sum + row.available + row.reserved, 0) >= line.quantity;
}

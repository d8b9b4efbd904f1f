/**
 * Takes the units of an order from the locations of its channel. Planning and taking are one: the plan is made
 * from counts that may be old, each write takes its units under the condition that they are there, and a refusal
 * returns the counts for the next plan. Units that are taken stay, so that the next plan is for the rest.
 *
 *   not looked at   the location may have any number of units: the first choice is written without a read
 *   refused         one read of all locations, and a plan from their counts
 *   no plan         all rows at one time, with no marker that could free units and no dead hold: a shortage
 *
 * Functions go by memory for a level that takes no read from each request (row-memory.ts). No refusal does.
 */
import { rowsInFlight } from "../../contract/bounds.ts";
import { backOff, type Call, type Database } from "../dynamodb/database.ts";
import { ThrottledError } from "../errors.ts";
import { mapEach } from "../for-each.ts";
import { memoryOf } from "../reservations/row-memory.ts";
import { takeUnits, type Got, type Taken } from "../reservations/take-units.ts";
import { levelNameOf } from "../stock/level-key.ts";
import { sumOfParts } from "../stock/marker.ts";
import { makeRoomAtLocations } from "./make-room-at-locations.ts";
import {
  beginSourcing,
  inOrder,
  isUnknown,
  isUnseen,
  look,
  noteRow,
  planOf,
  planWithOwn,
  settleForLess,
  wastesSplits,
  type ChannelOrder,
  type Sourcing,
  type Want,
} from "./order-sourcing.ts";
import type { SourcingPlan } from "./plan-sources.ts";

/** Plans that are tried at once, before each further one waits. */
const plansAtOnce = 3;

/**
 * Takes the units of all lines. Returns one result for each line.
 *
 * @param got gets the units as they are taken, also where the order is refused
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const takeByChannel = async (
  database: Database,
  order: ChannelOrder,
  got: Got[],
  call: Call,
): Promise<readonly Taken[]> => {
  const sourcing = beginSourcing(order);
  const { wants } = sourcing;
  const all = (taken: Taken) => wants.map(() => taken);
  try {
    await prepare(database, sourcing, call);
    for (let attempt = 0; ; attempt += 1) {
      const unknown = wants.map((want) => isUnknown(sourcing, want));
      if (unknown.includes(true)) {
        return unknown.map((is) => (is ? { unknown: true } : { taken: true }));
      }
      const plan = planOf(sourcing);
      if (plan !== undefined && wastesSplits(sourcing, plan)) return all({ blocked: true });
      if (plan !== undefined) {
        const isBlocked = await takePlanned(database, sourcing, plan, call);
        if (wants.every(({ missing }) => missing === 0)) return all({ taken: true });
        if (isBlocked) return all({ blocked: true });
        await look(database, sourcing, sourcing.levelKeys.filter(isUnseen(sourcing)), call);
        if (attempt >= plansAtOnce) await backOff(database, call, attempt, "conflict");
        continue;
      }
      const room = await makeRoomAtLocations(database, sourcing, attempt, call);
      if (room === "blocked") return all({ blocked: true });
      if (room === "again") continue;
      // The units that are there would do, if those that were taken came from other locations.
      if (planWithOwn(sourcing) !== undefined) return all({ blocked: true });
      const refused = settleForLess(sourcing);
      if (refused !== undefined) return refused;
      if (wants.every(({ missing }) => missing === 0)) return all({ taken: true });
    }
  } finally {
    got.push(...inOrder(sourcing));
  }
};

/** Reads the levels before the first plan, where a plan without their counts is no good one. */
async function prepare(database: Database, sourcing: Sourcing, call: Call): Promise<void> {
  const { order, wants, levelKeys, seen } = sourcing;
  const { rule, maxSplits } = order.channel;
  const memory = memoryOf(database);
  for (const key of levelKeys) {
    const rows = memory.rowsIfRefused(key);
    if (rows !== undefined) seen.set(key, rows);
  }
  const isAlone = wants.length === 1 && order.usedLocations === undefined;
  const isFree = rule === "priority" && maxSplits === undefined;
  const isOpen = wants.every(({ line }) => line.location === undefined);
  const isFirstBest = isOpen && (isAlone ? rule !== "most-stock" : isFree);
  // First choices that had too few units a moment ago may have more by now.
  const refused = wants
    .map((want) => want.levelKeys.find((key) => key !== undefined)!)
    .filter((key) => seen.has(key));
  if (isFirstBest && refused.every((key) => memory.isHot(key))) return;
  try {
    await look(database, sourcing, levelKeys, { ...call, endsAtThrottle: true });
  } catch (error) {
    if (!(error instanceof ThrottledError)) throw error;
    for (const key of levelKeys) memory.noteThrottled(key);
  }
}

/** Units of a level for some of the lines, in the order in which these get them. */
interface Piece {
  levelKey: string;
  quantity: number;
  shares: { want: Want; units: number }[];
}

/** The units of a plan by level: lines of a location get theirs first. */
function piecesOf({ wants }: Sourcing, plan: SourcingPlan): Piece[] {
  const pieces = new Map<string, Piece>();
  const named = wants.filter(({ line }) => line.location !== undefined);
  for (const want of new Set([...named, ...wants])) {
    for (const [location, units] of plan[wants.indexOf(want)]!.entries()) {
      if (units === 0) continue;
      const levelKey = want.levelKeys[location]!;
      const { quantity = 0, shares = [] } = pieces.get(levelKey) ?? {};
      const piece = { levelKey, quantity: quantity + units, shares: [...shares, { want, units }] };
      pieces.set(levelKey, piece);
    }
  }
  return [...pieces.values()];
}

/** Takes the planned units, side by side. Returns true where another request is in the way. */
async function takePlanned(
  database: Database,
  sourcing: Sourcing,
  plan: SourcingPlan,
  call: Call,
): Promise<boolean> {
  const { order, seen } = sourcing;
  const { reservationId, base, isLeased } = order;
  const pieces = piecesOf(sourcing, plan);
  const own = [...sourcing.own];
  const hasOthers = pieces.length > 1 || own.length > 0;
  const results = await mapEach(pieces, rowsInFlight, async ({ levelKey, quantity, shares }) => {
    const planned = { rows: seen.get(levelKey) ?? ("unseen" as const), own };
    const request = { reservationId, base, isLeased, hasOthers, planned };
    const line = { ...levelNameOf(levelKey), quantity };
    const taken: Got[] = [];
    const result = await takeUnits(database, request, line, taken, call).catch(
      (error: unknown) => ({ error }),
    );
    sourcing.own.push(...taken);
    let left = sumOfParts(taken.map(({ part }) => part));
    for (const { want, units } of shares) {
      const some = Math.min(units, left);
      want.missing -= some;
      want.taken += some;
      left -= some;
    }
    for (const { row } of taken) noteRow(sourcing, levelKey, row);
    if ("unknown" in result) seen.set(levelKey, []);
    if ("refused" in result) {
      seen.set(levelKey, result.refused);
      memoryOf(database).noteRefused(levelKey, result.refused);
    }
    return result;
  });
  for (const one of results) if ("error" in one) throw one.error;
  return results.some((one) => "blocked" in one);
}

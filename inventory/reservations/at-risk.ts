/**
 * The reservations at risk where fewer units of a stock level are on hand than are reserved: the youngest ones,
 * since a shop serves those that were made before them first.
 */
import {
  movementPagesAtRiskMax,
  pageSizeMax,
  reservationsAtRiskMax,
} from "../../contract/bounds.ts";
import type { MovementItem, ReservationItem } from "../../contract/tables.ts";
import { readReservations } from "../dynamodb/batch-get.ts";
import type { Call, Database } from "../dynamodb/database.ts";
import { everyPage } from "../dynamodb/list-newest.ts";
import { listAllMovements } from "../stock/ledger.ts";
import { isOpen, unitsOfLevel } from "./parts.ts";
import { isDue, isReservation, reservationAt, type Reservation } from "./reservation.ts";

/** Units of a level that are reserved, and missing on the shelf. */
export interface Shortfall {
  levelKey: string;
  units: number;
  /** Ids of reservations that the ledger may not have yet, in any order. */
  latestIds: readonly string[];
}

/** A reservation, and the units of the level that it owns. */
export interface ReservationAtRisk {
  reservation: Reservation;
  quantity: number;
}

/**
 * Finds the youngest reservations that own as many units as are missing, the youngest first, at most
 * `reservationsAtRiskMax`. The newest movements of the ledger name them. The ledger may lag by moments,
 * and is read back to a bound.
 *
 * @throws InventoryError `busy`, `unavailable`, `rejected`
 */
export const findAtRisk = async (
  database: Database,
  { levelKey, units, latestIds }: Shortfall,
  call: Call,
): Promise<ReservationAtRisk[]> => {
  const seen = new Set<string>();
  const owners: ReservationAtRisk[] = [];
  const addOwners = async (reservationIds: readonly string[]): Promise<void> => {
    const ids = reservationIds.filter((id) => !seen.has(id));
    for (const id of ids) seen.add(id);
    const nowMs = database.now();
    const items = await readReservations(database, [...new Set(ids)], call);
    owners.push(...items.flatMap((item) => ownersIn(item, levelKey, nowMs)));
  };
  await addOwners(latestIds);
  const ledger = everyPage((cursor) =>
    listAllMovements(database, { levelKey, limit: pageSizeMax, cursor }, call),
  );
  let pages = 0;
  for await (const movements of ledger) {
    await addOwners(movements.flatMap(heldBy));
    pages += 1;
    if (pages === movementPagesAtRiskMax || isEnough(youngestOf(owners, units), units)) break;
  }
  return youngestOf(owners, units);
};

const heldBy = ({ kind, reservationId }: MovementItem): string[] =>
  kind === "hold" && reservationId !== undefined ? [reservationId] : [];

/** The reservation of a record that owns units of the level. Those of a dead hold are about to return. */
function ownersIn(item: ReservationItem, levelKey: string, nowMs: number): ReservationAtRisk[] {
  if (!isReservation(item) || isDue(item, nowMs)) return [];
  const quantity = unitsOfLevel(item.parts.filter(isOpen), levelKey);
  return quantity === 0 ? [] : [{ reservation: reservationAt(item, nowMs), quantity }];
}

/** The youngest owners up to the one with whom they have so many units. */
function youngestOf(owners: readonly ReservationAtRisk[], units: number): ReservationAtRisk[] {
  const atRisk: ReservationAtRisk[] = [];
  for (const owner of owners.toSorted(byAge)) {
    if (isEnough(atRisk, units)) break;
    atRisk.push(owner);
  }
  return atRisk;
}

const byAge = (
  { reservation: one }: ReservationAtRisk,
  { reservation: other }: ReservationAtRisk,
) => other.createdAtMs - one.createdAtMs;

const isEnough = (owners: readonly ReservationAtRisk[], units: number): boolean =>
  owners.length >= reservationsAtRiskMax ||
  owners.reduce((sum, { quantity }) => sum + quantity, 0) >= units;

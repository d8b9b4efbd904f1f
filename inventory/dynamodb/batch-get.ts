import { BatchGetCommand } from "@aws-sdk/lib-dynamodb";
import type { ReservationItem } from "../../contract/tables.ts";
import { backOff, type Call, type Database } from "./database.ts";
import { ThrottledError } from "../errors.ts";
import { send } from "./send.ts";

const keysMax = 100;

/** Up to 100 records as they are now (consistent reads), in any order; missing ones left out. */
const readSome = async <Item>(
  database: Database,
  table: string,
  attribute: string,
  values: readonly string[],
  call: Call,
): Promise<Item[]> => {
  const items: Item[] = [];
  let keys: Record<string, unknown>[] = values.map((value) => ({ [attribute]: value }));
  for (let attempt = 0; keys.length > 0; attempt += 1) {
    if (attempt > 0) await backOff(database, call, attempt - 1, "throttle");
    const command = new BatchGetCommand({
      RequestItems: { [table]: { Keys: keys, ConsistentRead: true } },
    });
    const page = await send(database, (options) => database.client.send(command, options), call);
    items.push(...((page.Responses?.[table] ?? []) as Item[]));
    keys = page.UnprocessedKeys?.[table]?.Keys ?? [];
    if (keys.length > 0 && call.endsAtThrottle === true) {
      throw new ThrottledError(new Error(`${keys.length} keys were left unprocessed.`));
    }
  }
  return items;
};

/**
 * Records by their keys, as they are now, in the order of the keys; missing ones left out. One
 * request for each 100.
 */
export const batchGet = async <Item>(
  database: Database,
  { table, attribute }: { table: string; attribute: keyof Item & string },
  values: readonly string[],
  call: Call,
): Promise<Item[]> => {
  const byKey = new Map<unknown, Item>();
  for (let from = 0; from < values.length; from += keysMax) {
    const some = values.slice(from, from + keysMax);
    for (const item of await readSome<Item>(database, table, attribute, some, call)) {
      byKey.set(item[attribute], item);
    }
  }
  return values.flatMap((value) => byKey.get(value) ?? []);
};

/** Reservations by their ids, as they are now, in the order of the ids; missing ones left out. */
export const readReservations = (
  database: Database,
  ids: readonly string[],
  call: Call,
): Promise<ReservationItem[]> =>
  batchGet(
    database,
    { table: database.tables.reservations, attribute: "reservationId" },
    ids,
    call,
  );

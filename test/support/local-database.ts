import { connect, createDatabase, type Database } from "../../inventory/dynamodb/database.ts";
import { localAccess } from "./local-access.ts";
import type { LocalRun } from "./local-run.ts";

const tableOf = ({ tables }: LocalRun, part: string): string => {
  const found = Object.entries(tables).find(([logicalId]) => logicalId.includes(part));
  if (found === undefined) throw new Error(`The template has no table ${part}`);
  return found[1];
};

export const locksTableOf = (run: LocalRun): string => tableOf(run, "LocksTable");

/** The tables of a local run, for a look behind the API. */
export const databaseOf = (run: LocalRun): Database =>
  createDatabase({
    client: connect({ ...localAccess, endpoint: run.dynamodbEndpoint }),
    tables: {
      stock: tableOf(run, "StockTable"),
      reservations: tableOf(run, "ReservationsTable"),
      movements: tableOf(run, "MovementsTable"),
    },
  });

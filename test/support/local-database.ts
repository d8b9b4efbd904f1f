import { connect, createDatabase, type Database } from "../../inventory/database.ts";
import { localAccess } from "./local-access.ts";
import type { LocalRun } from "./local-run.ts";

/** The tables of a local run, for a look behind the API. */
export const databaseOf = ({ dynamodbEndpoint, tables }: LocalRun): Database => {
  const tableOf = (part: string): string => {
    const found = Object.entries(tables).find(([logicalId]) => logicalId.includes(part));
    if (found === undefined) throw new Error(`The template has no table ${part}`);
    return found[1];
  };
  return createDatabase({
    client: connect({ ...localAccess, endpoint: dynamodbEndpoint }),
    tables: {
      stock: tableOf("StockTable"),
      reservations: tableOf("ReservationsTable"),
      movements: tableOf("MovementsTable"),
    },
  });
};

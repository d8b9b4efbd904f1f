/** The tables of the stack (lib/tables.ts), as the simulated DynamoDB has them. */
import {
  locksTable,
  movementsTable,
  reservationsTable,
  stockTable,
} from "../../contract/tables.ts";
import { tableNames } from "../app/table-names.ts";
import type { KeyAttribute, TableDefinition } from "./engine/engine.ts";

/** Tables whose changes can be read from a stream. */
export const tablesWithStream = [tableNames.stock, tableNames.reservations] as const;

const text = (name: string): KeyAttribute => ({ name, type: "S" });
const number = (name: string): KeyAttribute => ({ name, type: "N" });

const { byExpiry, byOrder } = reservationsTable;
const { bySku } = movementsTable;

export const tableDefinitions: readonly TableDefinition[] = [
  { name: tableNames.stock, partitionKey: text(stockTable.partitionKey), indexes: [] },
  {
    name: tableNames.reservations,
    partitionKey: text(reservationsTable.partitionKey),
    indexes: [
      {
        name: byExpiry.indexName,
        partitionKey: number(byExpiry.partitionKey),
        sortKey: number(byExpiry.sortKey),
        projection: [byExpiry.carries],
      },
      {
        name: byOrder.indexName,
        partitionKey: text(byOrder.partitionKey),
        sortKey: number(byOrder.sortKey),
        projection: "KEYS_ONLY",
      },
    ],
  },
  {
    name: tableNames.movements,
    partitionKey: text(movementsTable.partitionKey),
    indexes: [
      {
        name: bySku.indexName,
        partitionKey: text(bySku.partitionKey),
        sortKey: number(bySku.sortKey),
        projection: "ALL",
      },
    ],
  },
  { name: tableNames.locks, partitionKey: text(locksTable.partitionKey), indexes: [] },
];

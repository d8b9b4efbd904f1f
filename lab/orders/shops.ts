/** The shops of one app: by both strategies, and by each of the ways to its engine. */
import {
  locksTable,
  reservationsTable,
  stockTable,
  type MultiItemStrategy,
} from "../../contract/tables.ts";
import { startApp } from "../app/start-app.ts";
import { startMeter, type Meter } from "../reserve/meter.ts";
import { startConflictProxy } from "../servers/conflict-proxy.ts";
import { openShop, type Shop } from "./shop.ts";

export type ByStrategy<Value> = Record<MultiItemStrategy, Value>;

export interface Shops {
  /** By way of a proxy that treats transactions as AWS does. */
  own: ByStrategy<Shop>;
  /** The same way, for the others' orders. */
  crowd: ByStrategy<Shop>;
  /** Transactions that the proxy refused so far. */
  conflicts: () => number;
  /** By way of the meter. */
  counted: ByStrategy<Shop>;
  meter: Meter;
}

/** About what a transaction takes on AWS beside the way there and back. */
export const transactionMs = 4;

/** Leaves on the stack what it starts. */
export const openShops = async (
  assemblyPath: string,
  resources: AsyncDisposableStack,
): Promise<Shops> => {
  const { dynamodb, tables } = resources.use(await startApp(assemblyPath));
  const keyOf = new Map([
    [tables.stock, stockTable.partitionKey],
    [tables.reservations, reservationsTable.partitionKey],
    [tables.locks, locksTable.partitionKey],
  ]);
  const proxy = resources.use(await startConflictProxy(dynamodb, keyOf, transactionMs));
  const meter = resources.use(await startMeter(dynamodb));
  const open = (endpoint: string): ByStrategy<Shop> => ({
    leased: resources.use(openShop({ dynamodb: endpoint, tables }, "leased")),
    optimistic: resources.use(openShop({ dynamodb: endpoint, tables }, "optimistic")),
  });
  return {
    own: open(proxy.endpoint),
    crowd: open(proxy.endpoint),
    counted: open(meter.endpoint),
    meter,
    conflicts: proxy.conflicts,
  };
};

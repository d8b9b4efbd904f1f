/**
 * The same reservation of one line by three ways: the bare update and put, the engine, and HTTP. Each
 * operation rejects unless it has reserved.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Inventory } from "../../inventory/inventory.ts";
import { localAccess } from "../app/access.ts";
import { openInventory } from "../app/open-inventory.ts";
import type { RunningApp } from "../app/start-app.ts";
import type { Operation } from "../harness/load.ts";
import { createHttpClient } from "./http-client.ts";
import { rawReserve } from "./raw-reserve.ts";

export type ContenderName = "raw" | "engine" | "http";

export interface Contenders extends Disposable {
  inventory: Inventory;
  /** The contenders over these SKUs, one after the other. */
  over(skus: readonly string[]): Record<ContenderName, Operation>;
  /** How many units they have reserved so far, all together. */
  reservedUnits(): number;
}

export type Places = Pick<RunningApp, "endpoint" | "dynamodb" | "tables">;

export const createContenders = ({ endpoint, dynamodb, tables }: Places): Contenders => {
  const opened = openInventory({ dynamodb, tables });
  const { inventory, client } = opened;
  // The engine's own settings and sockets, so that the requests alone are compared.
  const { maxAttempts, retryMode, requestHandler } = client.config;
  const settings = { maxAttempts, retryMode, requestHandler };
  const rawClient = new DynamoDBClient({ ...localAccess, endpoint: dynamodb, ...settings });
  const http = createHttpClient(endpoint);
  let reservedUnits = 0;

  return {
    inventory,
    reservedUnits: () => reservedUnits,
    over: (skus) => {
      let calls = 0;
      const next = () => {
        calls += 1;
        return skus[calls % skus.length]!;
      };
      return {
        raw: async () => {
          const sku = next();
          await rawReserve(rawClient, tables, sku);
          reservedUnits += 1;
        },
        engine: async () => {
          const sku = next();
          const result = await inventory.reserve({ lines: [{ sku, quantity: 1 }] });
          if (result.outcome !== "reserved") throw new Error(`engine: ${JSON.stringify(result)}`);
          reservedUnits += 1;
        },
        http: async () => {
          const sku = next();
          const json = JSON.stringify({ lines: [{ sku, quantity: 1 }] });
          const { status, body } = await http.post("/v1/reservations", json);
          if (status !== 201) throw new Error(`http: ${status} ${body}`);
          reservedUnits += 1;
        },
      };
    },
    [Symbol.dispose]: () => {
      http[Symbol.dispose]();
      rawClient.destroy();
      opened[Symbol.dispose]();
    },
  };
};

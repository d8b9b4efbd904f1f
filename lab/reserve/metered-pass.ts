/**
 * The requests and units of each way, counted on the wire in a pass of its own that nobody times. One
 * app has the engine; a second one, and the contenders, use that engine by way of the meter:
 *
 *     raw, engine ──────────────┐
 *     http ── the second app ── meter ── the first app's engine
 *
 * The costs of a reservation until its end are counted through a meter of their own, since both apps
 * settle sales from the tables' streams.
 */
import type { Line } from "../../contract/tables.ts";
import type { Inventory } from "../../inventory/inventory.ts";
import type { ReserveInput } from "../../inventory/reservations/reserve.ts";
import { openInventory } from "../app/open-inventory.ts";
import { startApp } from "../app/start-app.ts";
import { type Result } from "../report/report.ts";
import { runLoad, type LoadBounds, type Operation } from "../harness/load.ts";
import { exactly, type Summary } from "../report/statistics.ts";
import { createContenders, type ContenderName } from "./contenders.ts";
import { startMeter, type Meter, type Reading } from "./meter.ts";
import { fillStock } from "./stock.ts";

export interface MeteredPass {
  /** The requests and units of a reservation, for one of the loads. */
  reserve(
    skus: readonly string[],
    inFlight: number,
  ): Promise<Record<ContenderName, Record<string, Summary>>>;
  /** The costs of reservations until their end. */
  lives(): Promise<Result[]>;
}

const operationsPerReading = 100;
const durationMsMax = 60_000;

const perOperation = ({ requests, writeUnits, readUnits }: Reading, operations: number) => ({
  requestsPerOperation: exactly(requests / operations),
  writeUnitsPerOperation: exactly(writeUnits / operations),
  readUnitsPerOperation: exactly(readUnits / operations),
});

/** Starts what the pass needs, and leaves it on the stack. */
export const startMeteredPass = async (
  assemblyPath: string,
  resources: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<MeteredPass> => {
  const app = resources.use(await startApp(assemblyPath));
  const meter = resources.use(await startMeter(app.dynamodb));
  const meteredApp = resources.use(await startApp(assemblyPath, meter.endpoint));
  signal.throwIfAborted();
  const contenders = resources.use(createContenders(meteredApp));
  return {
    reserve: async (skus, inFlight) => {
      await fillStock(contenders.inventory, skus, signal);
      const load: LoadBounds = { inFlight, operationsMax: operationsPerReading, durationMsMax };
      const { raw, engine, http } = contenders.over(skus);
      const read = async (operation: Operation) => {
        const reading = await meter.reading(() => runLoad(operation, load, signal));
        return perOperation(reading, operationsPerReading);
      };
      return { raw: await read(raw), engine: await read(engine), http: await read(http) };
    },
    lives: async () => {
      const own = resources.use(await startMeter(app.dynamodb));
      const { inventory } = resources.use(
        openInventory({ dynamodb: own.endpoint, tables: app.tables }),
      );
      await fillStock(inventory, livedSkus, signal);
      const results: Result[] = [];
      for (const life of lives) results.push(await readLife(inventory, own, life));
      return results;
    },
  };
};

const livedSkus = Array.from({ length: 5 }, (_, index) => `bench-life-${index}`);

interface Life {
  name: string;
  input: ReserveInput;
  end: "confirm" | "release";
}

const linesOf = (skus: readonly string[]): Line[] => skus.map((sku) => ({ sku, quantity: 1 }));
const oneLine = linesOf(livedSkus.slice(0, 1));

const lives: Life[] = [
  { name: "hold and confirm", input: { lines: oneLine }, end: "confirm" },
  { name: "with an order id", input: { lines: oneLine, orderId: "order-1" }, end: "confirm" },
  { name: "a cart of five", input: { lines: linesOf(livedSkus) }, end: "confirm" },
  { name: "hold and release", input: { lines: oneLine }, end: "release" },
];

export const livesGroup = "until its end, one at a time";

const wantedOutcomes = { confirm: "confirmed", release: "released" } as const;

const readLife = async (
  inventory: Inventory,
  meter: Meter,
  { name, input, end }: Life,
): Promise<Result> => {
  const reading = await meter.reading(async () => {
    const reserved = await inventory.reserve(input);
    if (reserved.outcome !== "reserved") throw new Error(`${name}: ${reserved.outcome}`);
    const { outcome } = await inventory[end](reserved.reservation.reservationId);
    if (outcome !== wantedOutcomes[end]) throw new Error(`${name}: ${outcome}`);
  });
  return { group: livesGroup, name, figures: perOperation(reading, 1) };
};

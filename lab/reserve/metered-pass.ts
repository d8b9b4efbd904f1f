/**
 * What each way takes of DynamoDB, counted on the wire in a pass of its own that nobody times. One
 * app has the engine; a second one, and the contenders, use that engine by way of the meter:
 *
 *     raw, engine ──────────────┐
 *     http ── the second app ── meter ── the first app's engine
 */
import type { Inventory } from "../../inventory/inventory.ts";
import { startApp } from "../app/start-app.ts";
import { type Result } from "../report/report.ts";
import { runLoad, type LoadBounds, type Operation } from "../harness/load.ts";
import { exactly, type Summary } from "../report/statistics.ts";
import { createContenders, type ContenderName } from "./contenders.ts";
import { startMeter, type Meter, type Reading } from "./meter.ts";
import { fillStock } from "./stock.ts";

export interface MeteredPass {
  /** What a reservation takes of DynamoDB, for one of the loads. */
  reserve(
    skus: readonly string[],
    inFlight: number,
  ): Promise<Record<ContenderName, Record<string, Summary>>>;
  /** What comes after a reservation, for the costs: its confirm and its release. */
  endings(): Promise<Result[]>;
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
    endings: async () => {
      await fillStock(contenders.inventory, [endedSku], signal);
      return [
        await readEnding(contenders.inventory, meter, "confirm"),
        await readEnding(contenders.inventory, meter, "release"),
      ];
    },
  };
};

const endedSku = "bench-ended";
const wantedOutcomes = { confirm: "confirmed", release: "released" } as const;

const readEnding = async (
  inventory: Inventory,
  meter: Meter,
  name: keyof typeof wantedOutcomes,
): Promise<Result> => {
  const input = { lines: [{ sku: endedSku, quantity: 1 }], orderId: "order-ended" };
  const reserved = await inventory.reserve(input);
  if (reserved.outcome !== "reserved") throw new Error(`${name}: ${reserved.outcome}`);
  const reading = await meter.reading(async () => {
    const { outcome } = await inventory[name](reserved.reservation.reservationId);
    if (outcome !== wantedOutcomes[name]) throw new Error(`${name}: ${outcome}`);
  });
  return { group: "afterwards, one at a time", name, figures: perOperation(reading, 1) };
};

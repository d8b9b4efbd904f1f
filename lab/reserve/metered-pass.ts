/**
 * What each way takes of DynamoDB, counted on the wire in a pass of its own that nobody times. The
 * app is started a second time, on the same engine by way of the meter, since the first one has none
 * in between.
 */
import { startApp, type RunningApp } from "../app/start-app.ts";
import type { Result } from "../harness/benchmark.ts";
import { runLoad, type LoadBounds } from "../harness/load.ts";
import { exactly, type Summary } from "../harness/statistics.ts";
import { createContenders, type ContenderName } from "./contenders.ts";
import { startMeter, type Reading } from "./meter.ts";
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

const perOperation = ({ requests, writeUnits, readUnits }: Reading, operations: number) => ({
  requestsPerOperation: exactly(requests / operations),
  writeUnitsPerOperation: exactly(writeUnits / operations),
  readUnitsPerOperation: exactly(readUnits / operations),
});

export const runMeteredPass = async <Output>(
  app: RunningApp,
  assemblyPath: string,
  signal: AbortSignal,
  work: (pass: MeteredPass) => Promise<Output>,
): Promise<Output> => {
  await using meter = await startMeter(app.dynamodb);
  await using meteredApp = await startApp(assemblyPath, meter.endpoint);
  signal.throwIfAborted();
  using contenders = createContenders(meteredApp);
  const { inventory } = contenders;

  const bounds = { operationsMax: operationsPerReading, durationMsMax: 60_000 };

  return await work({
    reserve: async (skus, inFlight) => {
      const { raw, engine, http } = contenders.over(skus);
      const load: LoadBounds = { ...bounds, inFlight };
      const read = async (operation: () => Promise<void>) =>
        perOperation(
          await meter.reading(() => runLoad(operation, load, signal)),
          operationsPerReading,
        );
      return { raw: await read(raw), engine: await read(engine), http: await read(http) };
    },
    endings: async () => {
      await fillStock(inventory, [endedSku], signal);
      const read = async (name: "confirm" | "release", ended: string): Promise<Result> => {
        const input = { lines: [{ sku: endedSku, quantity: 1 }], orderId: "order-ended" };
        const reserved = await inventory.reserve(input);
        if (reserved.outcome !== "reserved") throw new Error(`${name}: ${reserved.outcome}`);
        const reading = await meter.reading(async () => {
          const result = await inventory[name](reserved.reservation.reservationId);
          if (result.outcome !== ended) throw new Error(`${name}: ${result.outcome}`);
        });
        return { group: "afterwards, one at a time", name, figures: perOperation(reading, 1) };
      };
      return [await read("confirm", "confirmed"), await read("release", "released")];
    },
  });
};

const endedSku = "bench-ended";

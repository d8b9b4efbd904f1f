import { describe, expect, it } from "vitest";
import { asLoads, operationsPerSecond, runLoad } from "../../../lab/harness/load.ts";

const never = new AbortController().signal;
const bounds = { inFlight: 4, operationsMax: 10, durationMsMax: 10_000 };

describe("a load", () => {
  it("keeps so many in flight and no more, and stops at its count", async () => {
    let inFlight = 0;
    let inFlightMax = 0;
    const operation = async () => {
      inFlight += 1;
      inFlightMax = Math.max(inFlightMax, inFlight);
      await Promise.resolve();
      inFlight -= 1;
    };
    const load = await runLoad(operation, bounds, never);
    expect(inFlightMax).toBe(4);
    expect(load.operations).toBe(10);
    expect(load.latenciesMs).toHaveLength(10);
    expect(load.latenciesMs).toEqual(load.latenciesMs.toSorted());
  });

  it("stops at its time", async () => {
    const operation = () => Promise.resolve();
    const load = await runLoad(operation, { ...bounds, durationMsMax: 0 }, never);
    expect(load.operations).toBe(0);
  });

  it("fails with the first operation that fails, when the others have come back", async () => {
    const { promise: slow, resolve } = Promise.withResolvers<void>();
    let calls = 0;
    let hasSettled = false;
    const operation = () => {
      calls += 1;
      return calls === 1 ? slow : Promise.reject(new Error("sold out"));
    };
    const load = runLoad(operation, { ...bounds, inFlight: 2 }, never).finally(() => {
      hasSettled = true;
    });
    await new Promise(setImmediate);
    expect(hasSettled).toBe(false);
    resolve();
    await expect(load).rejects.toThrow("sold out");
    expect(calls).toBe(2);
  });

  it("ends when it is asked to", async () => {
    const aborter = new AbortController();
    const operation = async () => aborter.abort(new Error("Stopped by SIGINT."));
    await expect(runLoad(operation, bounds, aborter.signal)).rejects.toThrow("Stopped by SIGINT.");
  });
});

describe("operations as loads", () => {
  it("put the same load on each of them, anew at each call", async () => {
    const calls: string[] = [];
    const operation = (name: string) => async () => void calls.push(name);
    const operations = { raw: operation("raw"), engine: operation("engine") };
    const one = { inFlight: 1, operationsMax: 2, durationMsMax: 10_000 };
    const loads = asLoads(operations, one, never);
    expect((await loads.engine()).operations).toBe(2);
    await loads.raw();
    await loads.engine();
    expect(calls).toEqual(["engine", "engine", "raw", "raw", "engine", "engine"]);
  });

  it("tell how many they did in a second", () => {
    const load = { operations: 50, elapsedMs: 250, latenciesMs: new Float64Array(50) };
    expect(operationsPerSecond(load)).toBe(200);
  });
});

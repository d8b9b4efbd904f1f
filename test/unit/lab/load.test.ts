import { describe, expect, it } from "vitest";
import { runLoad } from "../../../lab/harness/load.ts";
import { runRounds } from "../../../lab/harness/rounds.ts";

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

describe("rounds", () => {
  it("take the contenders in turns, each one first at times, and forget the warm-up", async () => {
    const calls: string[] = [];
    const contender = (name: string) => async () => {
      calls.push(name);
    };
    const contenders = { raw: contender("raw"), engine: contender("engine") };
    const one = { inFlight: 1, operationsMax: 1, durationMsMax: 1_000 };
    const rounds = await runRounds(contenders, { ...one, warmUpRounds: 1, rounds: 2 }, never);
    expect(calls).toEqual(["raw", "engine", "engine", "raw", "raw", "engine"]);
    expect(rounds.raw).toHaveLength(2);
    expect(rounds.engine).toHaveLength(2);
  });
});

import { describe, expect, it } from "vitest";
import { runRounds } from "../../../lab/harness/rounds.ts";

const never = new AbortController().signal;

/** Contenders that write down whose turn it is, and whose samples are numbered. */
const contendersOf = (...names: string[]) => {
  const turns: string[] = [];
  const contender = (name: string) => async () => `${name} ${turns.push(name)}`;
  return { turns, contenders: Object.fromEntries(names.map((name) => [name, contender(name)])) };
};

describe("rounds", () => {
  it("take the contenders in turns, each one first at times", async () => {
    const { turns, contenders } = contendersOf("raw", "engine", "http");
    await runRounds(contenders, { warmUpRounds: 0, rounds: 4 }, never);
    expect(turns.join(" ")).toBe("raw engine http engine http raw http raw engine raw engine http");
  });

  it("forget the warm-up, and keep one sample for each round in the rounds' order", async () => {
    const { contenders } = contendersOf("raw", "engine");
    const samples = await runRounds(contenders, { warmUpRounds: 1, rounds: 2 }, never);
    expect(samples).toEqual({ raw: ["raw 4", "raw 5"], engine: ["engine 3", "engine 6"] });
  });

  it("never have two at once", async () => {
    let running = 0;
    let runningMax = 0;
    const contender = async () => {
      running += 1;
      runningMax = Math.max(runningMax, running);
      await new Promise(setImmediate);
      running -= 1;
    };
    await runRounds({ a: contender, b: contender }, { warmUpRounds: 1, rounds: 2 }, never);
    expect(runningMax).toBe(1);
  });

  it("end with the first turn that fails", async () => {
    const { turns, contenders } = contendersOf("raw");
    const failing = { ...contenders, http: () => Promise.reject(new Error("sold out")) };
    const rounds = runRounds<string, string>(failing, { warmUpRounds: 0, rounds: 3 }, never);
    await expect(rounds).rejects.toThrow("sold out");
    expect(turns).toEqual(["raw"]);
  });

  it("have no further turn once they are asked to end", async () => {
    const aborter = new AbortController();
    let turns = 0;
    const stopping = async () => {
      turns += 1;
      aborter.abort(new Error("Stopped by SIGINT."));
    };
    const rounds = runRounds({ stopping }, { warmUpRounds: 1, rounds: 3 }, aborter.signal);
    await expect(rounds).rejects.toThrow("Stopped by SIGINT.");
    expect(turns).toBe(1);
  });
});

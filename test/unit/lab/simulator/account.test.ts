/** Functions as Lambda runs them: one call at a time per environment, limits, time-outs, death, freezes. */
import { expect, test } from "vitest";
import { createAccount, type Ending } from "../../../../lab/simulator/cloud/account.ts";
import { epochMs, type Environment } from "../../../../lab/simulator/cloud/environment.ts";
import { faultLevels } from "../../../../lab/simulator/faults.ts";
import { parameters } from "../../../../lab/simulator/parameters.ts";
import { createRandom } from "../../../../lab/simulator/time/random.ts";
import { createVirtualTime } from "../../../../lab/simulator/time/virtual-time.ts";

const steady = { ...parameters.functions, coldStartMs: [300, 300], handlerMs: [0, 0] } as const;

type Work = (environment: Environment, remainingMs: () => number) => Promise<unknown>;

const open = ({ concurrency = 10, clockSkewMs = 0, timeoutMs = 1_000 } = {}) => {
  const time = createVirtualTime();
  const account = createAccount({
    time,
    random: createRandom(1),
    parameters: { ...steady, concurrency },
    faults: () => ({ ...faultLevels.none, clockSkewMs }),
  });
  const opened: string[] = [];
  const worker = account.createFunction<Work, unknown>({
    name: "work",
    timeoutMs,
    open: (environment) => {
      opened.push(environment.name);
      return (work, invocation) => work(environment, () => invocation.remainingMs());
    },
  });
  const run = (...calls: Work[]): Promise<Ending<unknown>[]> =>
    time.runUntilDone(Promise.all(calls.map((work) => worker.invoke(work))));
  return { time, account, opened, run };
};

const lasting =
  (durationMs: number): Work =>
  (environment) =>
    new Promise(
      (resolve) => void environment.setTimer(durationMs, () => resolve(environment.name)),
    );

test("calls at once have an environment each, and a later call reuses one without a cold start", async () => {
  const { time, account, opened, run } = open();
  await run(lasting(10), lasting(10));
  expect(opened).toEqual(["work-1", "work-2"]);
  expect(time.nowMs).toBe(310);
  await run(lasting(10));
  expect(opened).toHaveLength(2);
  expect(time.nowMs).toBe(320);
  expect(account.concurrencyPeak).toBe(2);
});

test("a call past the account's concurrency is refused, and runs nothing", async () => {
  const { opened, run } = open({ concurrency: 1 });
  const [first, second] = await run(lasting(10), lasting(10));
  expect(first).toMatchObject({ ended: "returned" });
  expect(second).toEqual({ ended: "throttled" });
  expect(opened).toHaveLength(1);
});

test("a call that lasts too long ends with its environment, and nothing of it goes on", async () => {
  const { time, opened, run } = open({ timeoutMs: 500 });
  const steps: string[] = [];
  const work: Work = async (environment, remainingMs) => {
    steps.push(`begun with ${remainingMs()} ms`);
    await lasting(600)(environment, remainingMs);
    steps.push("gone on");
  };
  expect(await run(work)).toEqual([{ ended: "timed_out" }]);
  await time.runTo(10_000);
  expect(steps).toEqual(["begun with 500 ms"]);
  await run(lasting(1));
  expect(opened).toEqual(["work-1", "work-2"]);
});

test("an error is the end of its call, not of its environment", async () => {
  const { opened, run } = open();
  const error = new Error("a fault");
  expect(await run(() => Promise.reject(error))).toEqual([{ ended: "threw", error }]);
  await run(lasting(1));
  expect(opened).toHaveLength(1);
});

test("an environment that dies ends its call at once", async () => {
  const { time, run } = open();
  const work: Work = (environment) => {
    environment.kill();
    return lasting(100)(environment, () => 0);
  };
  expect(await run(work)).toEqual([{ ended: "died" }]);
  expect(time.nowMs).toBe(300);
});

test("a frozen environment goes on after the thaw, with a clock that has run on", async () => {
  const { run } = open();
  const work: Work = async (environment) => {
    const startedAtMs = environment.wallMs();
    environment.freeze(400);
    await lasting(10)(environment, () => 0);
    return environment.wallMs() - startedAtMs;
  };
  expect(await run(work)).toEqual([{ ended: "returned", output: 400 }]);
});

test("clocks of environments differ by the skew at most", async () => {
  const { run } = open({ clockSkewMs: 2_000 });
  const readClock: Work = (environment) => Promise.resolve(environment.wallMs() - epochMs);
  const endings = await run(...Array.from({ length: 8 }, () => readClock));
  const clocks = endings.map((ending) => (ending as { output: number }).output - 300);
  expect(new Set(clocks).size).toBeGreaterThan(1);
  for (const skewMs of clocks) expect(Math.abs(skewMs)).toBeLessThanOrEqual(2_000);
});

/** What once-only runs promise (locks/once.ts), tried on each store's real server. */
import { randomUUID } from "node:crypto";
import { once as onceEmitted } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { BackendName } from "../../locks/locks.ts";
import type { OnceOptions, OnceSettings } from "../../locks/once.ts";
import { startLockProcess, type LockProcess } from "../support/lock-process.ts";
import type { LockServer } from "../support/lock-server.ts";
import { openOnce } from "../support/open-once.ts";

/** Long enough that a busy machine does not end it by accident. */
const leaseMs = 30_000;
/** Short enough to wait for its end. */
const shortMs = 1_000;

const options: OnceOptions = { leaseMs, onUnavailable: "fail" };
const short: OnceOptions = { leaseMs: shortMs, onUnavailable: "fail" };

export const describeOnce = (backend: BackendName, start: () => Promise<LockServer>): void => {
  let server: LockServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  const open = (settings?: OnceSettings) => openOnce(server.config, settings);
  const openProxied = (settings?: OnceSettings) => openOnce(server.proxied, settings);
  const newKey = (): string => `confirmed/${randomUUID()}`;

  const startProcess = (): LockProcess => {
    const started = startLockProcess(server.config);
    onTestFinished(() => started.kill());
    return started;
  };

  /** Nothing is left of any claim: another client may run at once. */
  const expectFree = async (key: string): Promise<void> =>
    expect(await open()(key, options, () => "free")).toEqual({ status: "ran", value: "free" });

  /** A proxy that passes nothing on until the work given has ended. */
  const whileSilent = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    server.proxy.freeze();
    try {
      return await work();
    } finally {
      server.proxy.thaw();
    }
  };

  describe(`once-only runs on ${backend}`, () => {
    test("work runs once, by whichever client, and its result is passed on", async () => {
      const [one, other] = [open(), open()];
      const key = newKey();
      expect(await one(key, options, async () => 7)).toEqual({ status: "ran", value: 7 });
      for (const client of [one, other]) {
        const outcome = await client(key, options, () => expect.unreachable("ran twice"));
        expect(outcome).toEqual({ status: "already_done" });
      }
      await expectFree(newKey());
    });

    test("of 40 calls at the same time by four clients one runs", async () => {
      // A slow store takes its time for so many.
      const patient = { requestTimeoutMs: leaseMs };
      const clients = [open(patient), open(patient), open(patient), open(patient)];
      const key = newKey();
      let runs = 0;
      const call = (index: number) =>
        clients[index % clients.length]!(key, options, async () => {
          runs += 1;
          await sleep(5);
        });
      const outcomes = await Promise.all(Array.from({ length: 40 }, (_, index) => call(index)));
      expect(runs).toBe(1);
      expect(outcomes.filter(({ status }) => status === "ran")).toHaveLength(1);
      for (const { status } of outcomes) {
        expect(["ran", "running", "already_done"]).toContain(status);
      }
    });

    test("another call is told that it is running, and for how long yet", async () => {
      const key = newKey();
      await open()(key, options, async () => {
        const outcome = await open()(key, options, () => expect.unreachable("ran beside it"));
        expect(outcome).toEqual({ status: "running", busyForMs: expect.any(Number) });
        const { busyForMs } = outcome as { busyForMs: number };
        expect(busyForMs).toBeGreaterThan(leaseMs / 2);
        expect(busyForMs).toBeLessThan(leaseMs * 2);
      });
    });

    test("work that takes longer than the lease keeps its claim", async () => {
      const key = newKey();
      const outcome = await open()(key, short, async (signal) => {
        await sleep(2.5 * shortMs);
        expect(await open()(key, short, () => "ran beside it")).toMatchObject({
          status: "running",
        });
        return signal.aborted;
      });
      expect(outcome).toEqual({ status: "ran", value: false });
    });

    test("work that throws gives the claim back, and its own error is passed on", async () => {
      const key = newKey();
      const failure = new Error("out of paper");
      const failing = open()(key, options, () => {
        throw failure;
      });
      await expect(failing).rejects.toBe(failure);
      await expectFree(key);
    });

    test("a key is done for its retention, and no longer", async () => {
      const key = newKey();
      const kept: OnceOptions = { ...options, retentionMs: 400 };
      await open()(key, kept, () => {});
      expect(await open()(key, kept, () => {})).toEqual({ status: "already_done" });
      await sleep(500);
      await expectFree(key);
    });

    test("a process that dies before the mark lets the work run again", async () => {
      const process = startProcess();
      const key = newKey();
      const running = await process.ask({ do: "runOnce", key, options: short });
      expect(running).toEqual({ told: "running" });
      expect(await open()(key, options, () => {})).toMatchObject({ status: "running" });
      await process.kill();
      await expect
        .poll(() => open()(key, options, () => "again"), { timeout: 30_000, interval: 100 })
        .toEqual({ status: "ran", value: "again" });
    });

    /*
     *   one     claim ── work ── SIGSTOP ·························· SIGCONT ── told, marks
     *   other                      lease ends ── claim ── work ── mark
     */
    test("a process that was stopped past its lease is told that another may run", async () => {
      const process = startProcess();
      const key = newKey();
      await process.ask({ do: "runOnce", key, options: short });
      process.stopForNow();
      await expect
        .poll(() => open()(key, options, () => "again"), { timeout: 30_000, interval: 100 })
        .toEqual({ status: "ran", value: "again" });
      process.goOn();
      // A renewal that was on its way is answered too late, or with the loss.
      expect(["expired", "unreachable", "stolen"]).toContain(await process.lost);
    });

    test("a claim that another has taken is told as stolen, and the work still counts", async () => {
      const key = newKey();
      const outcome = await open()(key, short, async (signal) => {
        await server.removeRun!(key);
        await open()(key, options, async () => {
          await onceEmitted(signal, "abort");
          expect(signal.reason).toMatchObject({ code: "lost", loss: "stolen" });
        });
        return "sent twice";
      });
      expect(outcome).toEqual({ status: "ran", value: "sent twice" });
      expect(await open()(key, options, () => {})).toEqual({ status: "already_done" });
    });
  });

  describe(`once-only runs on ${backend}, replies lost`, () => {
    /** Has a connection by then, so that the reply that is lost is that of the next operation. */
    const openConnected = async () => {
      const client = openProxied();
      await client(newKey(), options, () => {});
      return client;
    };

    test("to a claim: it runs once all the same", async () => {
      const client = await openConnected();
      const key = newKey();
      server.proxy.loseNextReply();
      expect(await client(key, options, () => 1)).toEqual({ status: "ran", value: 1 });
      expect(await open()(key, options, () => 2)).toEqual({ status: "already_done" });
    });

    test("to a mark: it is done all the same", async () => {
      const client = await openConnected();
      const key = newKey();
      const outcome = await client(key, options, () => server.proxy.loseNextReply());
      expect(outcome).toEqual({ status: "ran", value: undefined });
      expect(await open()(key, options, () => 2)).toEqual({ status: "already_done" });
    });

    test("to giving a claim back: it is free all the same", async () => {
      const client = await openConnected();
      const key = newKey();
      const failing = client(key, options, () => {
        server.proxy.loseNextReply();
        throw new Error("out of paper");
      });
      await expect(failing).rejects.toThrow("out of paper");
      await expectFree(key);
    });
  });

  describe(`once-only runs on ${backend}, the store silent`, () => {
    const requestTimeoutMs = 1_000;
    /** A renewal goes unanswered before its end. */
    const renewed = { ...short, leaseMs: 4 * shortMs };

    test("from the start: run it all the same, or fail, as the caller has decided", async () => {
      const client = openProxied({ requestTimeoutMs });
      const unavailable = expect.objectContaining({ name: "LockError", code: "unavailable" });
      await whileSilent(async () => {
        const outcome = await client(newKey(), { ...options, onUnavailable: "run" }, () => "sent");
        expect(outcome).toEqual({ status: "ran_unchecked", value: "sent", error: unavailable });
        const failing = client(newKey(), options, () => expect.unreachable("ran unchecked"));
        await expect(failing).rejects.toEqual(unavailable);
      });
    });

    test("from the start: work that throws passes its error on", async () => {
      const client = openProxied({ requestTimeoutMs });
      const failure = new Error("out of paper");
      await whileSilent(async () => {
        const failing = client(newKey(), { ...options, onUnavailable: "run" }, () => {
          throw failure;
        });
        await expect(failing).rejects.toBe(failure);
      });
    });

    test("during the work: its signal tells, and its result is not lost", async () => {
      const client = openProxied({ requestTimeoutMs });
      const key = newKey();
      const outcome = await client(key, renewed, (signal) =>
        whileSilent(async () => {
          await onceEmitted(signal, "abort");
          expect(signal.reason).toMatchObject({ code: "lost", loss: "unreachable" });
          return "sent";
        }),
      );
      expect(outcome).toEqual({ status: "ran", value: "sent" });
      expect(await open()(key, options, () => {})).toEqual({ status: "already_done" });
    });

    test("after the work: it has run, and that this is not recorded is said beside it", async () => {
      const client = openProxied({ requestTimeoutMs });
      const key = newKey();
      const outcome = await client(key, renewed, () => {
        server.proxy.freeze();
        return "sent";
      }).finally(() => server.proxy.thaw());
      expect(outcome).toEqual({
        status: "ran",
        value: "sent",
        markError: expect.objectContaining({ code: "unavailable" }),
      });
    });

    test("a server that restarts is found again", async () => {
      const client = openProxied();
      const key = newKey();
      await client(key, options, () => {});
      await server.restart();
      await expect
        .poll(() => client(key, options, () => "again").catch(() => {}), { timeout: 30_000 })
        .toEqual({ status: "already_done" });
    });
  });

  describe(`once-only runs on ${backend}, bad input`, () => {
    const bad: [string, unknown, object, RegExp][] = [
      ["an empty key", "", {}, /key is empty/],
      ["a key that is no string", 7, {}, /key is 7; it must be a string/],
      ["a key of 1,025 bytes", "x".repeat(1_025), {}, /has 1025 bytes; 1024 are allowed/],
      ["a key with a control character", "a\tb", {}, /control character/],
      ["a lease of 99 ms", "a", { leaseMs: 99 }, /leaseMs is 99; .* from 100 to 3600000/],
      ["a retention of 99 ms", "a", { retentionMs: 99 }, /retentionMs is 99; .* from 100/],
      ["a retention without an end", "a", { retentionMs: Infinity }, /retentionMs is Infinity/],
      ["no word on an absent store", "a", { onUnavailable: undefined }, /onUnavailable is undefin/],
    ];
    test.each(bad)("%s is refused, and nothing runs", async (_, key, wrong, message) => {
      const call = open()(key as string, { ...options, ...wrong }, () => expect.unreachable());
      await expect(call).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringMatching(message),
      });
    });

    test("a request timeout out of its bounds is refused at once", () => {
      expect(() => open({ requestTimeoutMs: 60_001 })).toThrow(
        /requestTimeoutMs is 60001; .* 60000/,
      );
    });
  });
};

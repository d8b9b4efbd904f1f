/** What every backend promises when the holders are processes that are killed, stopped and many. */
import { randomUUID } from "node:crypto";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { loadOf } from "../support/load-of.ts";
import { runContention } from "../support/contention.ts";
import { createLocksTable } from "../support/database.ts";
import { startLockProcess, type LockProcess } from "../support/lock-process.ts";
import type { LockServer } from "../support/lock-server.ts";
import { openLocks } from "../support/open-locks.ts";

const leaseMs = 2_000;
const sections = loadOf(150);
const patientMs = 60_000;

export const describeProcesses = (serverOf: () => LockServer): void => {
  const startHolder = (): LockProcess => {
    const holder = startLockProcess(serverOf().config);
    onTestFinished(() => holder.kill());
    return holder;
  };
  const newName = (): string => `order ${randomUUID()}`;

  describe("processes", () => {
    test("the names of a killed holder are free by its lease's end", async () => {
      const [holder, next] = [startHolder(), startHolder()];
      const names = [newName(), newName()];
      const killedLeaseMs = 8_000;
      const options = { leaseMs: killedLeaseMs, renew: true };
      const held = await holder.ask({ do: "acquire", names, options });
      expect(held).toEqual({ told: "acquired", token: expect.any(Number) });
      await holder.kill();
      // Clocks may differ, and a busy machine is late; another whole lease is no such reason.
      const waiting = { leaseMs, waitMs: 2 * killedLeaseMs };
      const taken = await next.ask({ do: "acquire", names, options: waiting });
      expect(taken).toEqual({ told: "acquired", token: expect.any(Number) });
    });

    test("a waiter that is killed leaves nobody waiting for it", async () => {
      const [holder, waiter, next] = [startHolder(), startHolder(), startHolder()];
      const names = newName();
      const waiting = { leaseMs, waitMs: patientMs };
      await holder.ask({ do: "acquire", names, options: { leaseMs: patientMs } });
      const inVain = waiter.ask({ do: "acquire", names, options: waiting });
      const queued = next.ask({ do: "acquire", names, options: waiting });
      await waiter.kill();
      await expect(inVain).rejects.toThrow("ended");
      await holder.ask({ do: "release" });
      expect(await queued).toEqual({ told: "acquired", token: expect.any(Number) });
    });

    /*
     *   holder   acquire ── write ── SIGSTOP ···················· SIGCONT ── lost, write refused
     *   next                acquire, waiting ······ granted ── write
     */
    test("a holder that was stopped past its lease learns it, and its write is refused", async () => {
      const endpoint = inject("engineEndpoint");
      const write = {
        do: "write",
        endpoint,
        table: await createLocksTable(endpoint),
        key: `fenced ${randomUUID()}`,
      } as const;
      const [holder, next] = [startHolder(), startHolder()];
      const names = newName();
      await holder.ask({ do: "acquire", names, options: { leaseMs, renew: true } });
      expect(await holder.ask(write)).toEqual({ told: "written" });
      holder.stopForNow();
      const waiting = { leaseMs: patientMs, waitMs: patientMs };
      const taken = await next.ask({ do: "acquire", names, options: waiting });
      expect(taken).toEqual({ told: "acquired", token: expect.any(Number) });
      expect(await next.ask(write)).toEqual({ told: "written" });
      holder.goOn();
      // A renewal that was on its way is answered too late, or with the loss.
      expect(["expired", "unreachable", "stolen"]).toContain(await holder.lost);
      expect(await holder.ask(write)).toEqual(
        expect.objectContaining({ told: "failed", code: "ConditionalCheckFailedException" }),
      );
      expect(await holder.ask({ do: "release" })).toEqual(
        expect.objectContaining({ told: "failed", code: "lost" }),
      );
      expect(await next.ask({ do: "release" })).toEqual({ told: "released" });
    });

    test("a process that has closed its locks ends by itself", async () => {
      const holder = startHolder();
      const options = { leaseMs: patientMs, renew: true };
      await holder.ask({ do: "acquire", names: newName(), options });
      await holder.ask({ do: "release" });
      await holder.ask({ do: "close" });
      expect(await holder.ended).toBe(0);
    });

    // Tries to get two inside: by 16 contenders, and by a kill of whoever enters every second, so
    // that leases end unreleased all the time.
    test(
      `${sections} critical sections of 16 contenders, the holder killed every second`,
      { timeout: 300_000 },
      async () => {
        const name = newName();
        const report = await runContention({
          config: serverOf().config,
          name,
          processes: 4,
          contexts: 4,
          leaseMs: 1_000,
          sections,
          kills: 3,
          killAfterMs: 1_000,
          limitMs: 240_000,
        });
        expect(report).toEqual({
          sections: expect.any(Number),
          overlaps: 0,
          tokensThatFell: 0,
          kills: expect.any(Number),
          failures: [],
          stuck: 0,
        });
        expect(report.sections).toBeGreaterThanOrEqual(sections);
        expect(report.kills).toBeGreaterThanOrEqual(3);
        // Nobody is left behind: the name can be had.
        const locks = openLocks(serverOf().config);
        const last = await locks.acquire(name, { waitMs: patientMs });
        await last.release();
        await locks.close();
      },
    );
  });
};

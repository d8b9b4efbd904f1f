/**
 * What every backend of the lock library promises (locks/locks.ts), tried on its real server. A
 * backend's test file names the server and calls this; what a backend cannot take is listed there
 * with its reason.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { LockError } from "../../locks/lock-error.ts";
import type { BackendName, Lease, LockEvent, Locks, LocksOptions } from "../../locks/locks.ts";
import type { LockServer } from "../support/lock-server.ts";
import { openLocks } from "../support/open-locks.ts";
import { describeProcesses } from "./processes-suite.ts";

/** Long enough that a busy machine does not end it by accident. */
const leaseMs = 30_000;
/** Short enough to wait for its end. */
const shortMs = 1_000;

/** Resolves with the reason when the signal aborts. */
const aborted = (signal: AbortSignal): Promise<LockError> =>
  new Promise((resolve) => {
    const tell = (): void => resolve(signal.reason as LockError);
    if (signal.aborted) tell();
    else signal.addEventListener("abort", tell, { once: true });
  });

/** A signal that can be awaited from both sides. */
const gate = (): { opened: Promise<void>; open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
};

const code = (error: string): unknown =>
  expect.objectContaining({ name: "LockError", code: error });
const lost = (loss: string): unknown => expect.objectContaining({ code: "lost", loss });

export const describeLocks = (backend: BackendName, start: () => Promise<LockServer>): void => {
  let server: LockServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());
  describe(backend, () => {
    describePromises(() => server);
    describeProcesses(() => server);
  });
};

const describePromises = (serverOf: () => LockServer): void => {
  const open = (options?: LocksOptions, config = serverOf().config): Locks => {
    const locks = openLocks(config, options);
    onTestFinished(() => locks.close());
    return locks;
  };
  const openProxied = (options?: LocksOptions): Locks => open(options, serverOf().proxied);
  const newName = (): string => `order ${randomUUID()}`;

  /** Others cannot have it. */
  const expectHeld = async (name: string, others = open()): Promise<void> =>
    expect(await others.tryAcquire(name)).toBeUndefined();

  /** Nothing is left of any hold: another client gets it at once. */
  const expectFree = async (name: string, others = open()): Promise<Lease> => {
    const lease = await others.acquire(name, { leaseMs, waitMs: 20_000 });
    await lease.release();
    return lease;
  };

  describe("exclusive", () => {
    test("a held name is refused to another client until it is released", async () => {
      const [one, other] = [open(), open()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      expect(lease.names).toEqual([name]);
      await expectHeld(name, other);
      await lease.release();
      const next = await other.tryAcquire(name);
      expect(next).toBeDefined();
      await next!.release();
    });

    test("also to another context of the same process", async () => {
      const locks = open();
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs });
      await expectHeld(name, locks);
      await lease.release();
    });

    test("a critical section has one context in it at a time", async () => {
      const clients = [open(), open()];
      const name = newName();
      let inside = 0;
      let sections = 0;
      const enter = async (locks: Locks): Promise<void> => {
        for (let turn = 0; turn < 10; turn += 1) {
          await locks.withLease(name, { leaseMs, waitMs: 60_000 }, async () => {
            expect((inside += 1)).toBe(1);
            await sleep(0);
            sections += 1;
            inside -= 1;
          });
        }
      };
      await Promise.all(clients.flatMap((locks) => [enter(locks), enter(locks), enter(locks)]));
      expect(sections).toBe(60);
    });

    test("several names are all acquired or none", async () => {
      const [one, other] = [open(), open()];
      const [a, b, c] = [newName(), newName(), newName()];
      const held = await one.acquire(b, { leaseMs });
      expect(await other.tryAcquire([a, b, c])).toBeUndefined();
      await expectFree(a, one);
      await expectFree(c, one);
      await held.release();
      const all = await other.acquire([c, a, b], { leaseMs });
      expect(all.names).toEqual([a, b, c].toSorted());
      for (const name of [a, b, c]) await expectHeld(name, one);
      await all.release();
      for (const name of [a, b, c]) await expectFree(name, one);
    });

    test("names that are crossed from both sides do not deadlock", async () => {
      const [one, other] = [open(), open()];
      const [a, b, c] = [newName(), newName(), newName()];
      let inside = 0;
      const cross = async (locks: Locks, names: string[]): Promise<void> => {
        for (let turn = 0; turn < 15; turn += 1) {
          await locks.withLease(names, { leaseMs, waitMs: 60_000 }, async () => {
            expect((inside += 1)).toBe(1);
            await sleep(0);
            inside -= 1;
          });
        }
      };
      await Promise.all([cross(one, [a, b]), cross(other, [b, a]), cross(one, [c, b, a])]);
    });

    test("a name given twice is acquired once", async () => {
      const locks = open();
      const name = newName();
      const lease = await locks.acquire([name, name], { leaseMs });
      expect(lease.names).toEqual([name]);
      await lease.release();
      await expectFree(name);
    });

    test("names that differ in any character are different locks", async () => {
      const locks = open();
      const stem = newName();
      const names = [stem, `${stem} `, `${stem}%20`, `${stem}ä`, `${stem}中`, stem.toUpperCase()];
      const leases = await Promise.all(names.map((name) => locks.acquire(name, { leaseMs })));
      await Promise.all(leases.map((lease) => lease.release()));
    });

    test("clocks that are set apart do not let two in", async () => {
      const ahead = open({ clock: clockOff(500) });
      const behind = open({ clock: clockOff(-500) });
      const name = newName();
      for (const [one, other] of [
        [ahead, behind],
        [behind, ahead],
      ] as const) {
        const lease = await one.acquire(name, { leaseMs: shortMs, renew: true });
        await sleep(shortMs + 500);
        await expectHeld(name, other);
        expect(lease.signal.aborted).toBe(false);
        await lease.release();
        const next = await other.acquire(name, { leaseMs });
        expect(next.token).toBeGreaterThan(lease.token);
        await next.release();
      }
    });
  });

  describe("reentrant", () => {
    test("a nested lease is counted, and the first of two releases does not free it", async () => {
      const locks = open();
      const name = newName();
      await locks.withLease(name, { leaseMs }, async (outer) => {
        const inner = await locks.acquire(name, { leaseMs });
        expect(inner.token).toBe(outer.token);
        await outer.release();
        await expectHeld(name);
        const again = await locks.acquire(name, { leaseMs });
        await inner.release();
        await expectHeld(name);
        await again.release();
        await expectFree(name);
      });
    });

    test("over nested calls, with several names or a part of them", async () => {
      const locks = open();
      const [a, b] = [newName(), newName()];
      await locks.withLease([a, b], { leaseMs }, async (outer) => {
        await locks.withLease(b, { leaseMs }, async (inner) => {
          expect(inner.names).toEqual([b]);
          expect(inner.token).toBe(outer.token);
          await locks.withLease([b, a], { leaseMs, waitMs: 0 }, async () => {
            await expectHeld(a);
          });
        });
        await expectHeld(b);
      });
      await expectFree(a);
      await expectFree(b);
    });

    test("branches of one context do not overlap", async () => {
      const locks = open();
      const [outer, inner] = [newName(), newName()];
      await locks.withLease(outer, { leaseMs }, async () => {
        for (const name of [outer, inner]) {
          let inside = 0;
          const branch = (): Promise<void> =>
            locks.withLease(name, { leaseMs }, async () => {
              expect((inside += 1)).toBe(1);
              await sleep(5);
              inside -= 1;
            });
          await Promise.all([branch(), branch(), branch()]);
        }
      });
      await expectFree(outer);
    });

    test("a branch waits for its sibling no longer than it said", async () => {
      const locks = open();
      const name = newName();
      await locks.withLease(name, { leaseMs }, async () => {
        const { opened, open: finish } = gate();
        const entered = gate();
        const first = locks.withLease(name, { leaseMs }, async () => {
          entered.open();
          await opened;
        });
        await entered.opened;
        const second = locks.withLease(name, { leaseMs, waitMs: 20 }, () => "entered");
        await expect(second).rejects.toEqual(code("not_acquired"));
        finish();
        await first;
      });
    });

    test("a task that was started beside a lease does not share it", async () => {
      const locks = open();
      const name = newName();
      const { opened: finished, open: finish } = gate();
      const { opened: entered, open: enter } = gate();
      const task = async (): Promise<string> => {
        const lease = await locks.tryAcquire(name, { leaseMs });
        if (lease === undefined) return "refused";
        enter();
        await finished;
        await lease.release();
        return "held";
      };
      // As a consumer starts one task for each message, without awaiting any.
      const first = task();
      await entered;
      const second = task();
      expect(await second).toBe("refused");
      finish();
      expect(await first).toBe("held");
    });

    test("a lease opens its context for work", async () => {
      const locks = open();
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs });
      const token = await lease.run(async () => {
        const inner = await locks.acquire(name, { leaseMs });
        await inner.release();
        return inner.token;
      });
      expect(token).toBe(lease.token);
      await expectHeld(name);
      await lease.release();
    });

    test("a lease on held and new names together is refused, and changes nothing", async () => {
      const locks = open();
      const [held, fresh] = [newName(), newName()];
      await locks.withLease(held, { leaseMs }, async () => {
        await expect(locks.acquire([held, fresh])).rejects.toEqual(code("invalid_argument"));
        await expectFree(fresh);
        await expectHeld(held);
      });
    });
  });

  describe("fenced", () => {
    test("tokens grow over 100 acquisitions by two clients", { timeout: 120_000 }, async () => {
      const clients = [open(), open()];
      const name = newName();
      let last = 0;
      for (let turn = 0; turn < 100; turn += 1) {
        const lease = await clients[turn % 2]!.acquire(name, { leaseMs });
        expect(lease.token).toBeGreaterThan(last);
        last = lease.token;
        await lease.release();
      }
    });

    test("tokens grow over expiries, the removal of idle records, and new clients", async () => {
      const name = newName();
      let last = 0;
      for (const removesRecord of [false, true, false, true]) {
        const locks = open();
        const lease = await locks.acquire(name, { leaseMs: 200, waitMs: 20_000 });
        expect(lease.token).toBeGreaterThan(last);
        last = lease.token;
        await aborted(lease.signal);
        if (removesRecord) {
          await expectFree(name);
          await serverOf().removeRecord(name);
        }
      }
    });

    test("one token is greater than the last of each of several names", async () => {
      const locks = open();
      const [a, b] = [newName(), newName()];
      const tokens: number[] = [];
      for (const names of [[a], [a], [b], [a, b], [b], [a], [b, a]]) {
        const lease = await locks.acquire(names, { leaseMs });
        tokens.push(lease.token);
        await lease.release();
      }
      expect(tokens[3]).toBeGreaterThan(Math.max(tokens[1]!, tokens[2]!));
      expect(tokens[6]).toBeGreaterThan(Math.max(tokens[4]!, tokens[5]!));
    });

    test("tokens grow over a restart of the server", async () => {
      const name = newName();
      const before = await expectFree(name, openProxied());
      await serverOf().restart();
      const after = await expectFree(name, openProxied());
      expect(after.token).toBeGreaterThan(before.token);
    });
  });

  describe("waiting", () => {
    test("a waiter gets in when the holder releases", async () => {
      const [one, other] = [open(), open()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      const waiting = other.acquire(name, { leaseMs, waitMs: 20_000 });
      await expectHeld(name);
      await lease.release();
      const next = await waiting;
      expect(next.token).toBeGreaterThan(lease.token);
      await next.release();
    });

    test("a waiter that has waited for long enough is told so, and leaves nothing", async () => {
      const [one, other] = [open(), open()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      await expect(other.acquire(name, { waitMs: 100 })).rejects.toEqual(code("not_acquired"));
      await expect(other.acquire(name, { waitMs: 0 })).rejects.toEqual(code("not_acquired"));
      await lease.release();
      await expectFree(name, one);
    });

    test("a waiter can be cancelled, and leaves nothing", async () => {
      const [one, other] = [open(), open()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      const cancelled = new AbortController();
      const waiting = other.acquire(name, { waitMs: 60_000, signal: cancelled.signal });
      const refused = expect(waiting).rejects.toEqual(
        expect.objectContaining({ code: "not_acquired", cause: "closing time" }),
      );
      await expectHeld(name);
      cancelled.abort("closing time");
      await refused;
      const late = other.acquire(name, { signal: cancelled.signal });
      await expect(late).rejects.toEqual(code("not_acquired"));
      await lease.release();
      await expectFree(name, one);
    });

    test("many waiters all get in", async () => {
      const clients = [open(), open()];
      const name = newName();
      const first = await clients[0]!.acquire(name, { leaseMs });
      const waiting = Array.from({ length: 10 }, (_, index) =>
        clients[index % 2]!.withLease(name, { leaseMs, waitMs: 60_000 }, (lease) => lease.token),
      );
      await expectHeld(name);
      await first.release();
      const tokens = await Promise.all(waiting);
      expect(new Set(tokens).size).toBe(10);
    });

    test("a lease that is not renewed frees the name by itself", async () => {
      const [one, other] = [open(), open()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs: shortMs });
      const next = await other.acquire(name, { leaseMs, waitMs: 20_000 });
      expect(lease.signal.aborted).toBe(true);
      expect(next.token).toBeGreaterThan(lease.token);
      await next.release();
    });
  });

  describe("told of its loss", () => {
    test("a lease that runs out aborts before its end, and is of no more use", async () => {
      const locks = open();
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs: shortMs });
      const reason = await aborted(lease.signal);
      expect(reason).toEqual(lost("expired"));
      expect(Date.now()).toBeLessThan(lease.expiresAtMs + shortMs);
      await expect(lease.renew()).rejects.toEqual(lost("expired"));
      await expect(lease.release()).rejects.toEqual(lost("expired"));
      await lease[Symbol.asyncDispose]();
      await expectFree(name);
    });

    test("a renewed lease lasts, once or by itself", async () => {
      const events: LockEvent[] = [];
      const locks = open({ onEvent: (event) => events.push(event) });
      const [byHand, byItself] = [newName(), newName()];
      const one = await locks.acquire(byHand, { leaseMs: shortMs });
      const other = await locks.acquire(byItself, { leaseMs: shortMs, renew: true });
      const firstEndMs = one.expiresAtMs;
      await one.renew(leaseMs);
      expect(one.expiresAtMs).toBeGreaterThan(firstEndMs + leaseMs / 2);
      await sleep(2 * shortMs);
      for (const name of [byHand, byItself]) await expectHeld(name);
      expect(one.signal.aborted || other.signal.aborted).toBe(false);
      expect(events).toContainEqual(
        expect.objectContaining({ type: "renewed", token: other.token, lagMs: expect.any(Number) }),
      );
      await one.release();
      await other.release();
    });

    test("a lease whose record is gone is stolen", async () => {
      const locks = open();
      const [renewed, asked, released] = [newName(), newName(), newName()];
      const byItself = await locks.acquire(renewed, { leaseMs: shortMs, renew: true });
      await serverOf().removeRecord(renewed);
      expect(await aborted(byItself.signal)).toEqual(lost("stolen"));

      const byHand = await locks.acquire(asked, { leaseMs });
      await serverOf().removeRecord(asked);
      await expect(byHand.renew()).rejects.toEqual(lost("stolen"));
      expect(byHand.signal.aborted).toBe(true);

      const atLast = await locks.acquire(released, { leaseMs });
      await serverOf().removeRecord(released);
      await expect(atLast.release()).rejects.toEqual(lost("stolen"));
    });

    test("a server that falls silent makes a lease unreachable", async () => {
      const locks = openProxied({ requestTimeoutMs: 1_000 });
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs: 4 * shortMs, renew: true });
      serverOf().proxy.freeze();
      try {
        expect(await aborted(lease.signal)).toEqual(lost("unreachable"));
        await expect(locks.tryAcquire(newName())).rejects.toEqual(code("unavailable"));
      } finally {
        serverOf().proxy.thaw();
      }
      await expectFree(name, locks);
    });

    test("a frozen server is noticed, and found again when it thaws", async () => {
      const locks = open({ requestTimeoutMs: 1_000 });
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs: 4 * shortMs, renew: true });
      await serverOf().freeze();
      try {
        expect(await aborted(lease.signal)).toEqual(lost("unreachable"));
      } finally {
        await serverOf().thaw();
      }
      await expectFree(name, locks);
    });

    test("work under a lost lease is told, even if it ended well", async () => {
      const locks = open();
      const name = newName();
      const work = locks.withLease(name, { leaseMs: shortMs }, async ({ signal }) => {
        await aborted(signal);
        return "done";
      });
      await expect(work).rejects.toEqual(lost("expired"));
      await expectFree(name);
    });

    test("work that fails releases, and its own error is passed on", async () => {
      const locks = open();
      const name = newName();
      const failure = new Error("out of paper");
      const work = locks.withLease(name, { leaseMs }, () => {
        throw failure;
      });
      await expect(work).rejects.toBe(failure);
      await expectFree(name);
    });
  });

  describe("within a deadline", () => {
    const endsIn = (durationMs: number): (() => number) => {
      const endsAtMs = performance.now() + durationMs;
      return () => endsAtMs - performance.now();
    };

    test("a lease that does not fit is refused, and nothing asked for", async () => {
      const locks = open();
      const name = newName();
      const acquiring = locks.acquire(name, { leaseMs, deadline: endsIn(shortMs) });
      await expect(acquiring).rejects.toEqual(code("invalid_argument"));
      await expectFree(name);
    });

    test("a wait ends while the lease still fits", async () => {
      const [one, other] = [open(), open()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      const deadline = endsIn(2 * shortMs);
      const waiting = other.acquire(name, { leaseMs: shortMs, waitMs: 60_000, deadline });
      await expect(waiting).rejects.toEqual(code("not_acquired"));
      expect(deadline()).toBeGreaterThan(0);
      await lease.release();
    });

    test("renewals stop short of it, and the lease ends with it", async () => {
      const locks = open();
      const name = newName();
      const deadline = endsIn(2 * shortMs);
      const lease = await locks.acquire(name, { leaseMs: shortMs, renew: true, deadline });
      expect(await aborted(lease.signal)).toEqual(lost("deadline"));
      expect(lease.expiresAtMs).toBeLessThanOrEqual(Date.now() + Math.max(0, deadline()) + 50);
      await expectFree(name);
    });
  });

  describe("lost replies", () => {
    test("a lost reply to an acquisition is resolved: granted once", async () => {
      const locks = openProxied();
      await expectFree(newName(), locks);
      const name = newName();
      serverOf().proxy.loseNextReply();
      const lease = await locks.acquire(name, { leaseMs, waitMs: 20_000 });
      await expectHeld(name);
      await lease.release();
      await expectFree(name);
    });

    test("also where the answer would have been no", async () => {
      const [one, other] = [open(), openProxied()];
      await expectFree(newName(), other);
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      serverOf().proxy.loseNextReply();
      expect(await other.tryAcquire(name)).toBeUndefined();
      await lease.release();
      await expectFree(name, one);
    });

    test("a lost reply to a renewal is resolved: the lease lasts", async () => {
      const locks = openProxied();
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs });
      serverOf().proxy.loseNextReply();
      await lease.renew(2 * leaseMs);
      expect(lease.signal.aborted).toBe(false);
      await expectHeld(name);
      await lease.release();
    });

    test("a lost reply to a release is resolved: it was released, not lost", async () => {
      const locks = openProxied();
      const names = [newName(), newName()];
      const lease = await locks.acquire(names, { leaseMs });
      serverOf().proxy.loseNextReply();
      await lease.release();
      for (const name of names) await expectFree(name);
    });

    test("an answer that comes after the lease's end is not trusted", async () => {
      const locks = openProxied({ requestTimeoutMs: 5_000 });
      await expectFree(newName(), locks);
      const name = newName();
      serverOf().proxy.freeze();
      const acquiring = locks.acquire(name, { leaseMs: 200, waitMs: 20_000 });
      await sleep(300);
      serverOf().proxy.thaw();
      const lease = await acquiring;
      expect(lease.signal.aborted).toBe(false);
      expect(lease.expiresAtMs).toBeGreaterThan(Date.now());
      await lease[Symbol.asyncDispose]();
    });

    test("a release without an answer says so, and the name is free in the end", async () => {
      const locks = openProxied({ requestTimeoutMs: 1_000 });
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs: 2 * shortMs });
      serverOf().proxy.freeze();
      try {
        await expect(lease.release()).rejects.toEqual(code("unavailable"));
      } finally {
        serverOf().proxy.thaw();
      }
      await expectFree(name);
    });
  });

  describe("the server restarted or frozen", () => {
    test("frozen while a lease is held and waited for, the waiter gets in after it", async () => {
      const [one, other] = [open(), open({ requestTimeoutMs: 200 })];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      const waiting = other.acquire(name, { leaseMs, waitMs: 60_000 });
      await expectHeld(name);
      await serverOf().freeze();
      // For as long as several attempts to hear of it take.
      await sleep(shortMs);
      await serverOf().thaw();
      // A lease on a short session is lost by then, which is as good.
      await lease.release().catch((error: LockError) => expect(error).toEqual(lost("unreachable")));
      const next = await waiting;
      expect(next.token).toBeGreaterThan(lease.token);
      await next.release();
    });

    test("restarted while a lease is held and waited for, two never hold it", async () => {
      const [one, other] = [openProxied(), openProxied()];
      const name = newName();
      const lease = await one.acquire(name, { leaseMs: 5_000, renew: true });
      let isHeld = true;
      void aborted(lease.signal).then(() => (isHeld = false));
      const waiting = other.acquire(name, { leaseMs, waitMs: 60_000 });
      waiting.catch(() => {});
      await expectHeld(name, openProxied());
      await serverOf().restart();
      await one.tryAcquire(newName()).catch(() => {});
      if (!lease.signal.aborted) {
        await lease.release();
        isHeld = false;
      }
      const next = await waiting;
      expect(isHeld).toBe(false);
      expect(next.token).toBeGreaterThan(lease.token);
      await next.release();
    });
  });

  describe("closed", () => {
    test("closing releases what is held, ends all waits, and refuses what comes later", async () => {
      const [one, other, third] = [open(), open(), open()];
      const [a, b] = [newName(), newName()];
      const lease = await one.acquire(a, { leaseMs });
      const held = await other.acquire(b, { leaseMs });
      const waiting = expect(one.acquire(b, { waitMs: 60_000 })).rejects.toEqual(
        code("not_acquired"),
      );
      await expectHeld(b, third);
      await one.close();
      await waiting;
      await expectFree(a, third);
      expect(lease.signal.aborted).toBe(false);
      await expect(one.acquire(a)).rejects.toEqual(code("invalid_argument"));
      await expect(one.tryAcquire(a)).rejects.toEqual(code("invalid_argument"));
      await expect(one.withLease(a, {}, () => {})).rejects.toEqual(code("invalid_argument"));
      await one.close();
      await held.release();
      await expectFree(b, third);
    });

    test("locks that were never used can be closed", async () => {
      await open().close();
    });
  });

  describe("bad input", () => {
    const long = "x".repeat(1_025);
    const bad: [string, unknown, object, RegExp][] = [
      ["an empty name", "", {}, /name is empty/],
      ["no name", [], {}, /at least one/],
      ["a name that is no string", [7], {}, /name is 7; it must be a string/],
      ["a name of 1,025 bytes", long, {}, /has 1025 bytes; 1024 are allowed/],
      ["a name with a control character", "a\nb", {}, /control character/],
      ["a name with half of a surrogate pair", "a\ud800", {}, /surrogate/],
      ["101 names", Array.from({ length: 101 }, (_, n) => `${n}`), {}, /101 names .* 100/],
      ["a lease of 99 ms", "a", { leaseMs: 99 }, /leaseMs is 99; .* from 100 to 3600000/],
      ["a lease of over an hour", "a", { leaseMs: 3_600_001 }, /leaseMs is 3600001/],
      ["a lease that is no integer", "a", { leaseMs: 1e3 / 7 }, /leaseMs is 142\.85/],
      ["a lease that is no number", "a", { leaseMs: "1 s" }, /leaseMs is "1 s"/],
      ["a negative wait", "a", { waitMs: -1 }, /waitMs is -1; .* from 0 to 3600000/],
      ["an endless wait", "a", { waitMs: Infinity }, /waitMs is Infinity/],
      ["a deadline that is no number", "a", { deadline: () => NaN }, /deadline answers NaN/],
      ["a deadline that has passed", "a", { deadline: () => -5 }, /the 0 ms that the deadline/],
    ];
    test.each(bad)("%s is refused, by value and bound", async (_, names, options, message) => {
      const locks = open();
      const refused = expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringMatching(message),
      });
      await expect(locks.acquire(names as string, options)).rejects.toEqual(refused);
      await expect(locks.withLease(names as string, options, () => 1)).rejects.toEqual(refused);
    });

    test("a request timeout out of its bounds is refused at once", () => {
      expect(() => open({ requestTimeoutMs: 9 })).toThrow(/requestTimeoutMs is 9; .* from 10/);
    });

    test("a lease is released once, and cannot be used after it", async () => {
      const locks = open();
      const name = newName();
      const lease = await locks.acquire(name, { leaseMs });
      await expect(lease.renew(99)).rejects.toEqual(code("invalid_argument"));
      await lease.release();
      await expect(lease.release()).rejects.toEqual(code("invalid_argument"));
      await expect(lease.renew()).rejects.toEqual(code("invalid_argument"));
      expect(() => lease.run(() => 1)).toThrow(/released already/);
      await lease[Symbol.asyncDispose]();
      await expectFree(name);
    });

    test("a name of 1,024 bytes and 100 names are not too many", { timeout: 120_000 }, async () => {
      const locks = open();
      const longest = randomUUID().padEnd(1_024, "x");
      const names = Array.from({ length: 100 }, newName);
      for (const wanted of [longest, names]) {
        const lease = await locks.acquire(wanted, { leaseMs });
        await lease.release();
      }
    });
  });

  describe("observable", () => {
    test("a hold is told from its acquisition to its end", async () => {
      const events: LockEvent[] = [];
      const contended = Promise.withResolvers<void>();
      const one = open();
      const other = open({
        onEvent: (event) => {
          events.push(event);
          if (event.type === "contended") contended.resolve();
        },
      });
      const name = newName();
      const lease = await one.acquire(name, { leaseMs });
      const waiting = other.acquire(name, { leaseMs: shortMs, waitMs: 20_000 });
      await contended.promise;
      await lease.release();
      const next = await waiting;
      await next.release();
      const last = await other.acquire(name, { leaseMs: 200 });
      await aborted(last.signal);

      const { backend } = serverOf();
      const { token } = next;
      const milliseconds = expect.any(Number) as number;
      expect(events).toEqual([
        { type: "contended", backend, names: [name] },
        { type: "acquired", backend, names: [name], token, waitedMs: milliseconds },
        { type: "released", backend, names: [name], token, heldMs: milliseconds },
        { type: "acquired", backend, names: [name], token: last.token, waitedMs: milliseconds },
        {
          type: "lost",
          backend,
          names: [name],
          token: last.token,
          cause: "expired",
          heldMs: milliseconds,
        },
      ]);
    });

    test("an observer that throws does not break the lock", async () => {
      const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
      const locks = open({
        onEvent: () => {
          throw new Error("the metrics are down");
        },
      });
      await expectFree(newName(), locks);
      expect((await warned).message).toBe("the metrics are down");
    });
  });
};

const clockOff = (byMs: number) => ({
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now() + byMs,
});

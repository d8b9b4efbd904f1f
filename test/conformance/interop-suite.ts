/** Ours and Java's locks of the same name exclude each other, both ways. */
import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LockEvent, Locks, LocksOptions } from "../../locks/locks.ts";
import type { JavaPeer } from "../support/java-peer.ts";
import { startLockProcess } from "../support/lock-process.ts";
import type { LockServer } from "../support/lock-server.ts";
import { openLocks } from "../support/open-locks.ts";

export interface Interop {
  serverOf: () => LockServer;
  startPeer: () => Promise<JavaPeer>;
  /** How Java names the lock that we call by this name. */
  javaName: (name: string) => string;
}

const leaseMs = 30_000;
const patientMs = 60_000;

export const describeInterop = ({ serverOf, startPeer, javaName }: Interop): void => {
  const open = (options?: LocksOptions): Locks => {
    const locks = openLocks(serverOf().config, options);
    onTestFinished(() => locks.close());
    return locks;
  };
  /** Without a space: it is a word of a command. */
  const newName = (): string => `order-${randomUUID()}`;

  /** Opens locks, and resolves when a call of theirs has met another holder. */
  const openAndSeeContention = (): { locks: Locks; contended: Promise<void> } => {
    const { promise: contended, resolve } = Promise.withResolvers<void>();
    const onEvent = ({ type }: LockEvent): void => {
      if (type === "contended") resolve();
    };
    return { locks: open({ onEvent }), contended };
  };

  describe("with Java", () => {
    test("ours waits for Java's, and gets in when it is released", async () => {
      const java = await startPeer();
      const name = newName();
      expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("true");
      const { locks, contended } = openAndSeeContention();
      expect(await locks.tryAcquire(name)).toBeUndefined();
      const waiting = locks.acquire(name, { leaseMs, waitMs: patientMs });
      await contended;
      expect(await java.ask(`release ${javaName(name)}`)).toBe("released");
      const lease = await waiting;
      expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("false");
      await lease.release();
      expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("true");
    });

    test("Java waits for ours, and gets in when it is released", async () => {
      const java = await startPeer();
      const locks = open();
      const [name, other] = [newName(), newName()];
      const lease = await locks.acquire([name, other], { leaseMs });
      for (const held of [name, other]) {
        expect(await java.ask(`acquire ${javaName(held)} 0`)).toBe("false");
      }
      const answer = java.ask(`acquire ${javaName(name)} ${patientMs}`);
      expect(await locks.tryAcquire(name)).toBeUndefined();
      await lease.release();
      expect(await answer).toBe("true");
      expect(await locks.tryAcquire([name, other])).toBeUndefined();
      const rest = await locks.tryAcquire(other);
      expect(rest).toBeDefined();
      expect(await java.ask(`release ${javaName(name)}`)).toBe("released");
      const all = await locks.acquire(name, { leaseMs });
      await all.release();
    });

    test("what Java holds twice is free after its second release", async () => {
      const java = await startPeer();
      const locks = open();
      const name = newName();
      expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("true");
      expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("true");
      expect(await java.ask(`release ${javaName(name)}`)).toBe("released");
      expect(await locks.tryAcquire(name)).toBeUndefined();
      expect(await java.ask(`release ${javaName(name)}`)).toBe("released");
      const lease = await locks.tryAcquire(name);
      expect(lease).toBeDefined();
    });

    test("what we hold twice is free after our second release", async () => {
      const java = await startPeer();
      const locks = open();
      const name = newName();
      await locks.withLease(name, { leaseMs }, async (outer) => {
        const inner = await locks.acquire(name, { leaseMs });
        await outer.release();
        expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("false");
        await inner.release();
        expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("true");
      });
    });

    test("a JVM that is killed while it holds gives way", async () => {
      const java = await startPeer();
      const { locks, contended } = openAndSeeContention();
      const name = newName();
      expect(await java.ask(`acquire ${javaName(name)} 0`)).toBe("true");
      const waiting = locks.acquire(name, { leaseMs, waitMs: patientMs });
      await contended;
      await java.kill();
      const lease = await waiting;
      await lease.release();
    });

    test("a process of ours that is killed while it holds gives way to Java", async () => {
      const java = await startPeer();
      const holder = startLockProcess(serverOf().config);
      onTestFinished(() => holder.kill());
      const names = newName();
      await holder.ask({ do: "acquire", names, options: { leaseMs: 2_000, renew: true } });
      expect(await java.ask(`acquire ${javaName(names)} 0`)).toBe("false");
      await holder.kill();
      expect(await java.ask(`acquire ${javaName(names)} ${patientMs}`)).toBe("true");
    });

    test("a critical section has one in it at a time, of whichever kind", async () => {
      const peers = [await startPeer(), await startPeer()];
      const clients = [open(), open()];
      const name = newName();
      let inside = 0;
      let sections = 0;
      const work = async (): Promise<void> => {
        expect((inside += 1)).toBe(1);
        await Promise.resolve();
        sections += 1;
        inside -= 1;
      };
      const ours = async (locks: Locks): Promise<void> => {
        for (let turn = 0; turn < 25; turn += 1) {
          await locks.withLease(name, { leaseMs, waitMs: patientMs }, work);
        }
      };
      const javas = async (java: JavaPeer): Promise<void> => {
        for (let turn = 0; turn < 25; turn += 1) {
          expect(await java.ask(`acquire ${javaName(name)} ${patientMs}`)).toBe("true");
          await work();
          expect(await java.ask(`release ${javaName(name)}`)).toBe("released");
        }
      };
      await Promise.all([...clients.map(ours), ...peers.map(javas)]);
      expect(sections).toBe(100);
    });
  });
};

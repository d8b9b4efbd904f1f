/** What becomes of a held lock when servers of an ensemble of three die or stop. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import {
  startZooKeeper,
  type ZooKeeperEnsemble,
  type ZooKeeperMember,
} from "../../lab/servers/zookeeper-server.ts";
import type { Lease } from "../../locks/locks.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { connectToZooKeeper } from "../support/zookeeper-client.ts";

const patient = { timeout: 60_000, interval: 50 };
const leaseMs = 60_000;

let ensemble: ZooKeeperEnsemble;
beforeAll(async () => {
  ensemble = await startZooKeeper({ servers: 3 });
});
afterAll(() => ensemble?.stop());

const addressOf = ({ port }: ZooKeeperMember): string => `127.0.0.1:${port}`;

/** Locks that are connected to the first of these servers, and know the others. */
const openAt = (members: readonly ZooKeeperMember[], sessionTimeoutMs = 10_000) => {
  const servers = members.map(addressOf).join(",");
  const locks = createZooKeeperLocks({ servers, sessionTimeoutMs, random: () => 0 });
  onTestFinished(() => locks.close());
  return locks;
};

/** Who leads, and the two others, as soon as one does. */
const findRoles = async () => {
  const leader = await vi.waitFor(() => ensemble.leader(), patient);
  const [follower, other] = ensemble.members.filter((member) => member !== leader);
  return { leader, follower: follower!, other: other! };
};

/** The session of a lock's only node, as these servers see it. */
const sessionOf = async (name: string, members: readonly ZooKeeperMember[]): Promise<string> => {
  const observer = await connectToZooKeeper(members.map(addressOf).join(","));
  try {
    const [node, ...others] = await observer.queue(`/holdfast/locks/${name}`);
    expect(others).toEqual([]);
    return node!.stat.ephemeralOwner.toString("hex");
  } finally {
    await observer.close();
  }
};

/** Whether it is renewed, which only a server with a leader can answer. */
const isRenewed = (lease: Lease): Promise<boolean> =>
  lease.renew().then(
    () => true,
    () => false,
  );

describe("an ensemble of three", () => {
  test("a lock outlives the leader that it was connected to, on the same session", async () => {
    const { leader, follower, other } = await findRoles();
    const locks = openAt([leader, follower, other]);
    const others = openAt([follower, other]);
    const lease = await locks.acquire("outlives", { leaseMs });
    const owner = await sessionOf("outlives", [follower, other]);
    await leader.kill();
    try {
      await expect.poll(() => isRenewed(lease), patient).toBe(true);
      expect(await sessionOf("outlives", [follower, other])).toBe(owner);
      expect(lease.signal.aborted).toBe(false);
      expect(await others.tryAcquire("outlives")).toBeUndefined();
      await lease.release();
      const next = await others.acquire("outlives", { leaseMs });
      expect(next.token).toBeGreaterThan(lease.token);
      await next.release();
    } finally {
      await leader.restart();
    }
  });

  test("a lock that is connected to a server that freezes moves on in time", async () => {
    const { leader, follower, other } = await findRoles();
    const locks = openAt([follower, leader, other]);
    const lease = await locks.acquire("moves", { leaseMs });
    const owner = await sessionOf("moves", [leader, other]);
    follower.freeze();
    try {
      await expect.poll(() => isRenewed(lease), patient).toBe(true);
      expect(lease.signal.aborted).toBe(false);
      expect(await sessionOf("moves", [leader, other])).toBe(owner);
      await lease.release();
    } finally {
      follower.thaw();
    }
  });

  /*
   *   leader     frozen ........................ (or cut off: it would end the session at 3 s)
   *   follower   answers reads .............................. notices its leader's silence at 5 s
   *   lease                           lost at 2 s
   */
  test("a server that has lost its leader is not taken at its word", async () => {
    const { leader, follower, other } = await findRoles();
    const locks = openAt([follower], 3_000);
    const observer = await connectToZooKeeper(addressOf(follower));
    const lease = await locks.acquire("minority", { leaseMs });
    const lost = once(lease.signal, "abort");
    for (const member of [leader, other]) member.freeze();
    try {
      await lost;
      expect(lease.signal.reason).toMatchObject({ code: "lost", loss: "unreachable" });
      expect(await observer.children("/holdfast/locks/minority")).toHaveLength(1);
    } finally {
      for (const member of [leader, other]) member.thaw();
    }
    await observer.close();
    const next = await openAt(ensemble.members).acquire("minority", { leaseMs, waitMs: 60_000 });
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });
});

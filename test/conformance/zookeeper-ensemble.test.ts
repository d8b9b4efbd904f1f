/** What becomes of a held lock when servers of an ensemble of three die or stop. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startZooKeeper } from "../../lab/servers/zookeeper-server.ts";
import { createZooKeeperLocks } from "../../locks/zookeeper/zookeeper-locks.ts";
import { connectToZooKeeper } from "../support/zookeeper-client.ts";

const sessionTimeoutMs = 10_000;
const leaseMs = 60_000;

let ensemble: Awaited<ReturnType<typeof startZooKeeper>>;
beforeAll(async () => {
  ensemble = await startZooKeeper({ servers: 3, tickTimeMs: 500 });
});
afterAll(() => ensemble?.stop());

type Member = (typeof ensemble.members)[number];

const addressOf = ({ port }: Member): string => `127.0.0.1:${port}`;

/** Locks that are connected to the first of these servers, and know the others. */
const openAt = (members: Member[]) => {
  const servers = members.map(addressOf).join(",");
  const locks = createZooKeeperLocks({ servers, sessionTimeoutMs, random: () => 0 });
  onTestFinished(() => locks.close());
  return locks;
};

const ledBy = async () => {
  const { pid } = await ensemble.leader();
  const leader = ensemble.members.find((member) => member.pid === pid)!;
  return { leader, followers: ensemble.members.filter((member) => member !== leader) };
};

/** The session and the transaction of a lock's only node, as a server that works sees them. */
const holderOf = async (name: string, members: Member[]) => {
  const observer = await connectToZooKeeper(members.map(addressOf).join(","));
  try {
    const [node, ...others] = await observer.queue(`/holdfast/locks/${name}`);
    expect(others).toEqual([]);
    return node!.stat.ephemeralOwner.toString("hex");
  } finally {
    await observer.close();
  }
};

describe("an ensemble of three", () => {
  test("a lock outlives the leader that it was connected to, on the same session", async () => {
    const { leader, followers } = await ledBy();
    const locks = openAt([leader, ...followers]);
    const others = openAt(followers);
    const lease = await locks.acquire("outlives", { leaseMs });
    const owner = await holderOf("outlives", followers);
    await leader.kill();
    try {
      // Answered only when there is a new leader, and by the session that has moved to it.
      await expect
        .poll(
          () =>
            lease.renew().then(
              () => true,
              () => false,
            ),
          { timeout: 60_000 },
        )
        .toBe(true);
      expect(await holderOf("outlives", followers)).toBe(owner);
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
    const { leader, followers } = await ledBy();
    const [follower, other] = followers as [Member, Member];
    const locks = openAt([follower, leader, other]);
    const lease = await locks.acquire("moves", { leaseMs });
    const owner = await holderOf("moves", [leader, other]);
    follower.freeze();
    try {
      await expect
        .poll(
          () =>
            lease.renew().then(
              () => true,
              () => false,
            ),
          { timeout: 60_000 },
        )
        .toBe(true);
      expect(lease.signal.aborted).toBe(false);
      expect(await holderOf("moves", [leader, other])).toBe(owner);
      await lease.release();
    } finally {
      follower.thaw();
    }
  });

  test("a server without its leader is not taken at its word", async () => {
    const { leader, followers } = await ledBy();
    const [follower, other] = followers as [Member, Member];
    const locks = openAt([follower]);
    const lease = await locks.acquire("minority", { leaseMs });
    const lost = once(lease.signal, "abort");
    for (const member of [leader, other]) member.freeze();
    try {
      await lost;
      expect(lease.signal.reason).toMatchObject({ code: "lost", loss: "unreachable" });
    } finally {
      for (const member of [leader, other]) member.thaw();
    }
    const next = await openAt(ensemble.members).acquire("minority", { leaseMs, waitMs: 60_000 });
    expect(next.token).toBeGreaterThan(lease.token);
    await next.release();
  });
});

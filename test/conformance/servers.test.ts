/** The tools of the other tests: what they do to a server has to be what they say. */
import { connect } from "node:net";
import { once } from "node:events";
import { createClient } from "@redis/client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startRedisServer, type RedisServer } from "../../local/redis/redis-server.ts";
import { startServerProcess } from "../../local/engines/server-process.ts";
import { startZooKeeper } from "../../lab/servers/zookeeper-server.ts";
import { processesWith } from "../support/processes.ts";
import { startTcpProxy } from "../../lab/servers/tcp-proxy.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedisServer({ appendOnly: true });
});
afterAll(() => server.stop());

const open = async (port: number) => {
  const client = createClient({
    url: `redis://127.0.0.1:${port}`,
    socket: { reconnectStrategy: false },
  });
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => void (client.isOpen && client.destroy()));
  return client;
};

describe("a server", () => {
  test("keeps its data over a restart, and its port", async () => {
    await (await open(server.port)).set("kept", "1");
    const before = server.pid();
    await server.restart();
    expect(server.pid()).not.toBe(before);
    expect(await (await open(server.port)).get("kept")).toBe("1");
  });

  test("that is frozen does not answer until it is thawed", async () => {
    const client = await open(server.port);
    server.freeze();
    let isAnswered = false;
    const answer = client.ping().then((pong) => {
      isAnswered = true;
      return pong;
    });
    const other = connect(server.port, "127.0.0.1");
    await once(other, "connect");
    other.destroy();
    expect(isAnswered).toBe(false);
    server.thaw();
    expect(await answer).toBe("PONG");
  });

  test("leaves no process, also when it is stopped frozen or was killed", async () => {
    for (const end of ["freeze", "kill"] as const) {
      const another = await startRedisServer();
      const port = `127.0.0.1:${another.port}`;
      expect(await processesWith(port)).not.toEqual([]);
      await another[end]();
      await another.stop();
      await expect.poll(() => processesWith(port), { timeout: 5_000 }).toEqual([]);
    }
  });

  test("that is missing is told with the command that installs it", async () => {
    const program = {
      name: "None",
      command: "no-such-server",
      args: [],
      isReady: async () => false,
    };
    await expect(startServerProcess({ ...program, install: "apt-get install it" })).rejects.toThrow(
      "There is no no-such-server on this machine. To install: apt-get install it",
    );
  });

  test("that ends at once is told with what it said", async () => {
    const program = { name: "Redis", command: "redis-server", isReady: async () => false };
    const args = ["--no-such-setting", "1"];
    await expect(startServerProcess({ ...program, args, install: "" })).rejects.toThrow(
      /^Redis did not start/,
    );
  });

  test("an ensemble has one leader, and another one when that is killed", async () => {
    const ensemble = await startZooKeeper({ servers: 3 });
    onTestFinished(() => ensemble.stop());
    const first = await ensemble.leader();
    await first.kill();
    await expect
      .poll(async () => (await ensemble.leader().catch(() => first)) !== first, { timeout: 30_000 })
      .toBe(true);
  });
});

describe("the proxy", () => {
  const openProxied = async () => {
    const proxy = await startTcpProxy({ port: server.port });
    onTestFinished(() => proxy.stop());
    return { proxy, client: await open(proxy.port) };
  };

  test("passes requests and replies", async () => {
    const { client } = await openProxied();
    expect(await client.ping()).toBe("PONG");
  });

  test("loses one reply of a request that was carried out, with its connection", async () => {
    const { proxy, client } = await openProxied();
    await client.set("lost", "before");
    proxy.loseNextReply();
    await expect(client.set("lost", "after")).rejects.toThrow();
    expect(await (await open(proxy.port)).get("lost")).toBe("after");
  });

  test("falls silent and speaks again, on the same connections", async () => {
    const { proxy, client } = await openProxied();
    proxy.freeze();
    const answer = client.incr("counted");
    expect(await (await open(server.port)).exists("counted")).toBe(0);
    proxy.thaw();
    expect(await answer).toBe(1);
  });

  test("cuts connections, and passes new ones to another port", async () => {
    const { proxy, client } = await openProxied();
    const ended = once(client, "error");
    proxy.cutAll();
    await ended;
    const another = await startRedisServer();
    onTestFinished(() => another.stop());
    proxy.passTo(another.port);
    await (await open(another.port)).set("there", "1");
    expect(await (await open(proxy.port)).get("there")).toBe("1");
  });
});

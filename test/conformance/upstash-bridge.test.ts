import { randomUUID } from "node:crypto";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRedisServer, type RedisServer } from "../../local/redis/redis-server.ts";
import { sendRaw } from "../support/send-raw.ts";
import { startUpstashBridge, type UpstashBridge } from "../../local/redis/upstash-bridge.ts";

let server: RedisServer;
let bridge: UpstashBridge;
beforeAll(async () => {
  server = await startRedisServer();
  bridge = await startUpstashBridge({ redisUrl: server.url, token: "secret" });
});
afterAll(async () => {
  await bridge.stop();
  await server.stop();
});

const connect = (options: object = {}): Redis =>
  new Redis({
    url: bridge.url,
    token: "secret",
    retry: { retries: 0 },
    enableAutoPipelining: false,
    ...options,
  });

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${bridge.url}${path}`, {
    method: "POST",
    body,
    headers: { Authorization: "Bearer secret", ...headers },
  });

describe("the bridge, asked by Upstash's own client", () => {
  test.each(["base64", false] as const)(
    "passes values as they are, encoded as %s",
    async (kind) => {
      const redis = connect({ responseEncoding: kind });
      for (const value of ["plain", "OK", "", "ä 中 🔒", '{"a":[1,null]}', "line\nline", "12"]) {
        const raw = connect({ responseEncoding: kind, automaticDeserialization: false });
        await raw.set("value", value);
        expect(await raw.get("value")).toBe(value);
      }
      await redis.set("object", { a: [1, "b", null] });
      expect(await redis.get("object")).toEqual({ a: [1, "b", null] });
      expect(await redis.get("absent")).toBeNull();
      expect(await redis.incr(`counter ${kind}`)).toBe(1);
      await redis.hset("hash", { field: "x", other: 2 });
      expect(await redis.hgetall("hash")).toEqual({ field: "x", other: 2 });
    },
  );

  test("runs scripts, by text and by digest", async () => {
    const redis = connect();
    const text = `return {KEYS[1], ARGV[1], 7, {'nested', false}} -- ${randomUUID()}`;
    const [digest] = [await redis.scriptLoad(text)];
    await redis.scriptFlush();
    await expect(redis.evalsha(digest, ["k"], ["a"])).rejects.toThrow(/^NOSCRIPT/);
    const answer = ["k", "a", 7, ["nested", null]];
    expect(await redis.eval(text, ["k"], ["a"])).toEqual(answer);
    expect(await redis.evalsha(digest, ["k"], ["a"])).toEqual(answer);
    expect(await redis.createScript(text).exec(["k"], ["a"])).toEqual(answer);
  });

  test("runs pipelines in their order, and tells each command's error", async () => {
    const redis = connect();
    const pipeline = redis.pipeline();
    pipeline.set("text", "not a number");
    pipeline.incr("text");
    pipeline.get("text");
    const [set, incremented, read] = await pipeline.exec({ keepErrors: true });
    expect(set?.result).toBe("OK");
    expect(incremented?.error).toMatch(/not an integer/);
    expect(read?.result).toBe("not a number");
  });

  test("runs transactions as a whole", async () => {
    const redis = connect();
    const transaction = redis.multi();
    transaction.set("a", 1);
    transaction.incr("a");
    expect(await transaction.exec()).toEqual(["OK", 2]);
  });

  test("serves many at once, pipelined by the client or not", async () => {
    for (const enableAutoPipelining of [true, false]) {
      const redis = connect({ enableAutoPipelining });
      const keys = Array.from({ length: 50 }, () => randomUUID());
      await Promise.all(keys.map((key, index) => redis.set(key, index)));
      const values = await Promise.all(keys.map((key) => redis.get<number>(key)));
      expect(values).toEqual(keys.map((_, index) => index));
    }
  });

  test("answers this machine alone", async () => {
    const foreign: Record<string, string>[] = [
      { host: "evil.example" },
      { origin: "https://evil.example" },
    ];
    for (const more of foreign) {
      const headers = { authorization: "Bearer secret", ...more };
      const response = await sendRaw(bridge.url, "/", {
        method: "POST",
        headers,
        body: '["PING"]',
      });
      expect(response.status).toBe(403);
      expect(response.body).toContain("evil.example");
    }
  });

  test("refuses a wrong token", async () => {
    await expect(connect({ token: "guess" }).get("a")).rejects.toThrow(/WRONGPASS/);
  });

  test("tells Redis's errors", async () => {
    const redis = connect();
    await redis.set("text", "x");
    await expect(redis.lpush("text", "y")).rejects.toThrow(/^WRONGTYPE/);
  });

  test("says so while Redis is gone, and serves again when it is back", async () => {
    const redis = connect();
    await server.kill();
    await expect(redis.get("a")).rejects.toThrow(/Redis cannot be asked/);
    await server.restart();
    await expect.poll(() => redis.ping().catch(() => "not yet"), { timeout: 20_000 }).toBe("PONG");
  });
});

describe("the bridge, asked by hand", () => {
  test.each([
    ["/", "no JSON", 400, "the body is no JSON"],
    ["/", "{}", 400, "a command is an array"],
    ["/", "[]", 400, "a command is an array"],
    ["/", '["GET", {}]', 400, "a command is an array"],
    ["/pipeline", '"GET"', 400, "the body is an array of commands"],
    ["/multi-exec", '[["INCR"]]', 400, "wrong number of arguments"],
    ["/elsewhere", "[]", 404, "there is no /elsewhere"],
    ["/", JSON.stringify(["SET", "a", "x".repeat(1024 * 1024)]), 413, "1048576 bytes at most"],
  ])("refuses %s %.20s", async (path, body, status, message) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: string };
    expect(error).toContain(message);
  });

  test("takes commands by POST only", async () => {
    const headers = { Authorization: "Bearer secret" };
    expect((await fetch(`${bridge.url}/get/a`, { headers })).status).toBe(405);
  });
});

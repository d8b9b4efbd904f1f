import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createRedisOnceBySecret } from "../../../functions/notifications/redis-once-by-secret.ts";
import { startRedisServer, type RedisServer } from "../../../local/redis/redis-server.ts";
import { startUpstashBridge, type UpstashBridge } from "../../../local/redis/upstash-bridge.ts";
import { LockError } from "../../../locks/lock-error.ts";

const token = "the-token";
const secretId = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:redis-AbCdEf";

let server: RedisServer;
let bridge: UpstashBridge;
beforeAll(async () => {
  server = await startRedisServer();
  bridge = await startUpstashBridge({ redisUrl: server.url, token });
});
afterAll(async () => {
  await bridge.stop();
  await server.stop();
});

interface Answer {
  status: number;
  body: object;
}

const denied: Answer = {
  status: 400,
  body: { __type: "AccessDeniedException", message: "not authorized" },
};
const secretOf = (SecretString: string): Answer => ({
  status: 200,
  body: { ARN: secretId, Name: "redis", SecretString },
});

/** Secrets Manager's JSON protocol, for the real client; answers can be changed as it goes. */
const startSecrets = async (first: Answer) => {
  const secrets = { answer: first, asked: [] as unknown[] };
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      secrets.asked.push({
        target: request.headers["x-amz-target"],
        ...(JSON.parse(Buffer.concat(chunks).toString()) as object),
      });
      response
        .writeHead(secrets.answer.status, { "Content-Type": "application/x-amz-json-1.1" })
        .end(JSON.stringify(secrets.answer.body));
    });
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  const client = new SecretsManagerClient({
    region: "eu-west-1",
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    http.closeAllConnections();
    http.close();
    await once(http, "close");
  });
  const runOnce = createRedisOnceBySecret({
    url: bridge.url,
    token: undefined,
    secretId,
    openSecrets: () => client,
  });
  return { secrets, runOnce };
};

const asking = { target: "secretsmanager.GetSecretValue", SecretId: secretId };
const options = { onUnavailable: "run" } as const;

let keys = 0;
const newKey = () => `notification/${keys++}`;

describe("a run that Redis is to remember, by a token that is a secret", () => {
  test("happens once, and the secret is read once for all of them", async () => {
    const { secrets, runOnce } = await startSecrets(secretOf(`${token}\n`));
    const [first, second] = [newKey(), newKey()];
    expect(await runOnce(first, options, () => "sent")).toEqual({ status: "ran", value: "sent" });
    expect(await runOnce(first, options, () => "sent")).toEqual({ status: "already_done" });
    expect(await runOnce(second, options, () => "sent")).toMatchObject({ status: "ran" });
    expect(secrets.asked).toEqual([asking]);
  });

  test("shares the reading with those that begin at the same time", async () => {
    const { secrets, runOnce } = await startSecrets(secretOf(token));
    const all = await Promise.all(
      [newKey(), newKey(), newKey()].map((key) => runOnce(key, options, () => key)),
    );
    expect(all.map(({ status }) => status)).toEqual(["ran", "ran", "ran"]);
    expect(secrets.asked).toEqual([asking]);
  });

  test("happens unchecked where the secret cannot be read, says so, and asks again next time", async () => {
    const { secrets, runOnce } = await startSecrets(denied);
    const key = newKey();
    for (const asked of [1, 2]) {
      const outcome = await runOnce(key, options, (signal) => `sent ${signal.aborted}`);
      expect(outcome).toMatchObject({ status: "ran_unchecked", value: "sent false" });
      const { error } = outcome as Extract<typeof outcome, { status: "ran_unchecked" }>;
      expect(error).toBeInstanceOf(LockError);
      expect(error).toMatchObject({
        code: "unavailable",
        message: "The token of the Redis cannot be read.",
        cause: { name: "AccessDeniedException" },
      });
      expect(secrets.asked).toHaveLength(asked);
    }
    secrets.answer = secretOf(token);
    expect(await runOnce(key, options, () => "sent")).toEqual({ status: "ran", value: "sent" });
    expect(await runOnce(key, options, () => "sent")).toEqual({ status: "already_done" });
    expect(secrets.asked).toHaveLength(3);
  });

  test("reads the secret anew once Redis has refused its token", async () => {
    const { secrets, runOnce } = await startSecrets(secretOf("of-yesterday"));
    const key = newKey();
    expect(await runOnce(key, options, () => "sent")).toMatchObject({ status: "ran_unchecked" });
    secrets.answer = secretOf(token);
    expect(await runOnce(key, options, () => "sent")).toMatchObject({ status: "ran" });
    expect(secrets.asked).toHaveLength(2);
  });

  test("does not happen where the secret cannot be read and it must be checked", async () => {
    const { runOnce } = await startSecrets(denied);
    let runs = 0;
    const work = () => {
      runs += 1;
    };
    const outcome = runOnce(newKey(), { onUnavailable: "fail" }, work);
    await expect(outcome).rejects.toMatchObject({ name: "LockError", code: "unavailable" });
    expect(runs).toBe(0);
  });

  test("happens unchecked where the secret has no text", async () => {
    const binary = { status: 200, body: { ARN: secretId, SecretBinary: "dG9rZW4=" } };
    const { runOnce } = await startSecrets(binary);
    expect(await runOnce(newKey(), options, () => "sent")).toMatchObject({
      status: "ran_unchecked",
      error: { cause: { message: `The secret ${secretId} has no text.` } },
    });
  });

  test("fails with what its work throws, also unchecked", async () => {
    const { secrets, runOnce } = await startSecrets(denied);
    const work = () => {
      throw new Error("no such mailbox");
    };
    await expect(runOnce(newKey(), options, work)).rejects.toThrow("no such mailbox");
    secrets.answer = secretOf(token);
    await expect(runOnce(newKey(), options, work)).rejects.toThrow("no such mailbox");
  });

  test("asks for no secret where there is a token", async () => {
    const runOnce = createRedisOnceBySecret({
      url: bridge.url,
      token,
      secretId: undefined,
      openSecrets: () => {
        throw new Error("there is no secret to be read");
      },
    });
    expect(await runOnce(newKey(), options, () => "sent")).toMatchObject({ status: "ran" });
  });
});

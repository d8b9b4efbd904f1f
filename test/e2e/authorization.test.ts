/** The template's JWT authorizer, honoured by the local run: who may call what. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHoldfastClient } from "../../client/client.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

const audience = "holdfast";
let issuer: string;
let issuerServer: Server;
let assembly: string;
let run: LocalRun;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "key-1", alg: "RS256", use: "sig" };
  issuerServer = createServer(({ url }, response) => {
    const documents: Record<string, unknown> = {
      "/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/keys` },
      "/keys": { keys: [jwk] },
    };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(documents[url!] ?? {}));
  });
  await new Promise<void>((resolve) => issuerServer.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(issuerServer.address() as AddressInfo).port}`;
  assembly = await mkdtemp(join(tmpdir(), "holdfast-assembly-"));
  const context = ["auth=jwt", `jwtIssuer=${issuer}`, `jwtAudience=${audience}`];
  const options = context.flatMap((one) => ["-c", one]);
  await promisify(execFile)("npx", ["cdk", "synth", "--quiet", "--output", assembly, ...options]);
  run = await startLocalRun({ assembly });
});

afterAll(async () => {
  await run.stop();
  issuerServer.close();
  issuerServer.closeAllConnections();
  await rm(assembly, { recursive: true, force: true });
});

const token = (scope: string, claims: { audience?: string; expiresIn?: string } = {}) =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: "RS256", kid: "key-1" })
    .setIssuer(issuer)
    .setAudience(claims.audience ?? audience)
    .setIssuedAt()
    .setExpirationTime(claims.expiresIn ?? "5m")
    .sign(keys.privateKey);

const call = async (method: string, path: string, bearer?: string): Promise<number> => {
  const response = await fetch(`${run.endpoint}${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
    },
    body: method === "GET" ? null : JSON.stringify({ onHand: 1 }),
  });
  await response.arrayBuffer();
  return response.status;
};

test("the health is open, and nothing else", async () => {
  expect(await call("GET", "/v1/health")).toBe(200);
  for (const path of ["/v1/stock", "/openapi.json", "/v1/reservations/x", "/nowhere"]) {
    expect(await call("GET", path), path).toBe(401);
  }
});

test("a token opens what its scope is for", async () => {
  const reader = await token("holdfast/stock.read");
  const writer = await token("openid holdfast/stock.write");
  expect(await call("GET", "/v1/stock", reader)).toBe(200);
  expect(await call("PUT", "/v1/stock/a", reader)).toBe(403);
  expect(await call("PUT", "/v1/stock/a", writer)).toBe(201);
  expect(await call("GET", "/v1/reservations/x", writer)).toBe(403);
  expect(await call("GET", "/v1/channels", reader)).toBe(200);
  expect(await call("DELETE", "/v1/channels/web", reader)).toBe(403);
  // The body of this test is none that a deletion takes.
  expect(await call("DELETE", "/v1/channels/web", writer)).toBe(400);
  expect(await call("GET", "/openapi.json", writer)).toBe(200);
  expect(await call("GET", "/nowhere", writer)).toBe(404);
});

test("a token for reservations opens the changes of their life", async () => {
  const reader = await token("holdfast/reservations.read");
  const writer = await token("holdfast/reservations.write");
  const changes = ["confirm", "fulfill", "cancel", "return"].map((action) => [
    "POST",
    `/${action}`,
  ]);
  for (const [method, suffix] of [["PATCH", ""], ...changes] as [string, string][]) {
    const path = `/v1/reservations/x${suffix}`;
    expect([path, await call(method, path)]).toEqual([path, 401]);
    expect([path, await call(method, path, reader)]).toEqual([path, 403]);
    // The body of this test is no request of theirs.
    expect([path, await call(method, path, writer)]).toEqual([path, 400]);
  }
});

test("a token of others, for others, out of date or torn opens nothing", async () => {
  const scope = "holdfast/stock.read";
  const good = await token(scope);
  const stranger = await generateKeyPair("RS256");
  const forged = await new SignJWT({ scope })
    .setProtectedHeader({ alg: "RS256", kid: "key-1" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime("5m")
    .sign(stranger.privateKey);
  const bad = [
    forged,
    await token(scope, { audience: "another" }),
    await token(scope, { expiresIn: "-5m" }),
    good.slice(0, -4),
    "nonsense",
    "",
  ];
  for (const bearer of bad) expect(await call("GET", "/v1/stock", bearer)).toBe(401);
  expect(await call("GET", "/v1/stock", good)).toBe(200);
});

test("the client sends a token with each call, and a refused one is a fault", async () => {
  const tokens = [await token("holdfast/stock.write"), await token("holdfast/stock.read")];
  const client = createHoldfastClient({
    baseUrl: run.endpoint,
    auth: { bearer: async () => tokens.shift() ?? "nonsense" },
  });
  expect(await client.setStock({ sku: "hat", onHand: 1 })).toMatchObject({ outcome: "created" });
  await expect(client.setStock({ sku: "hat", onHand: 2 })).rejects.toMatchObject({
    name: "HoldfastError",
    code: "forbidden",
    status: 403,
    attempts: 1,
    requestId: expect.any(String),
  });
  await expect(client.getStock({ sku: "hat" })).rejects.toMatchObject({
    code: "unauthorized",
    status: 401,
  });
});

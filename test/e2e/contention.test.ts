/** Conflicts and throttles as AWS answers them, met over HTTP: what callers and metrics are told. */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod/mini";
import { problemSchema } from "../../contract/problem-schemas.ts";
import type { Engine } from "../../local/engines/engine.ts";
import { startEngine, type EngineChoice } from "../../local/engines/start-engine.ts";
import { startFaultProxy, type FaultProxy } from "../support/fault-proxy.ts";
import { createClient, type Client } from "../support/http-client.ts";
import { readLogLines, type LogLine } from "../support/log-lines.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let engine: Engine;
let proxy: FaultProxy;
let run: LocalRun;
let client: Client;

beforeAll(async () => {
  engine = await startEngine((process.env["HOLDFAST_ENGINE"] ?? "dynoxide") as EngineChoice);
  proxy = await startFaultProxy(engine.endpoint);
  run = await startLocalRun({ assembly: inject("assembly"), engine: proxy.endpoint });
  client = createClient(run.endpoint);
  await client.put("/v1/stock/unit", { onHand: 10 });
});

afterAll(async () => {
  await run.stop();
  await proxy.stop();
  await engine.stop();
});

const reserve = () => client.post("/v1/reservations", { lines: [{ sku: "unit", quantity: 1 }] });

const metricsWith = async (name: string): Promise<LogLine[]> =>
  (await readLogLines(run)).filter((line) => "_aws" in line && name in line);

test("a conflict is retried behind the caller's back, and counted", async () => {
  const conflict = { kind: "error" as const, name: "TransactionConflictException" };
  proxy.plan("UpdateItem", [conflict, conflict]);
  expect((await reserve()).status).toBe(201);
  await expect.poll(() => metricsWith("Conflicts"), { timeout: 10_000 }).toHaveLength(1);
  expect(await metricsWith("Retries")).toMatchObject([
    { outcome: "reserved", Conflicts: [1, 1], Retries: [1, 1] },
  ]);
});

test("throttling that lasts is 503 busy, says when to come back, and holds nothing", async () => {
  const throttle = { kind: "error" as const, name: "ThrottlingException" };
  proxy.plan("UpdateItem", Array(1_000).fill(throttle));
  const before = (await client.get("/v1/stock/unit")).body;
  const answer = await reserve();
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(z.parse(problemSchema, answer.body)).toMatchObject({ code: "busy", status: 503 });
  proxy.plan("UpdateItem", []);
  expect((await client.get("/v1/stock/unit")).body).toEqual(before);
  expect((await reserve()).status).toBe(201);
});

test("a database that breaks off each reply is 503 busy, and the process lives on", async () => {
  // Two reads, of the level and of the other locations, each three times.
  proxy.plan("GetItem", Array(6).fill({ kind: "loseReply" }));
  const answer = await client.get("/v1/stock/unit");
  expect(answer.status).toBe(503);
  expect(z.parse(problemSchema, answer.body).code).toBe("busy");
  expect((await client.get("/v1/stock/unit")).status).toBe(200);
});

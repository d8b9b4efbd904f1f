/** What the app answers when something behind it breaks, and what it writes down about it. */
import { DeleteTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod/mini";
import { problemSchema, type Problem } from "../../contract/problem-schemas.ts";
import { reservationSchema } from "../../contract/reservation-schemas.ts";
import type { Database } from "../../inventory/dynamodb/database.ts";
import { createClient, type Answer, type Client } from "../support/http-client.ts";
import { databaseOf } from "../support/local-database.ts";
import { readLogLines, type LogLine } from "../support/log-lines.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;
let client: Client;
let database: Database;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
  database = databaseOf(run);
  await client.put("/v1/stock/unit", { onHand: 10 });
});

afterAll(() => run.stop());

const logOf = async (requestId: string): Promise<LogLine> => {
  const find = async () =>
    (await readLogLines(run)).find((line) => line["requestId"] === requestId);
  await expect.poll(find, { timeout: 10_000 }).toBeDefined();
  return (await find())!;
};

const expectInternal = (answer: Answer): Problem => {
  const problem = z.parse(problemSchema, answer.body);
  expect({ status: answer.status, code: problem.code }).toEqual({ status: 500, code: "internal" });
  expect(answer.text).not.toMatch(/Error|TypeError|node_modules|\.ts|\.mjs|DynamoDB/);
  return problem;
};

test("a request leaves one log line and one of metrics, with no body, no key and no secret", async () => {
  const answer = await client.post(
    "/v1/reservations",
    { lines: [{ sku: "unit", quantity: 1 }], orderId: "order-not-to-log" },
    { "Idempotency-Key": "key-not-to-log", Authorization: "Bearer token-not-to-log" },
  );
  const line = await logOf(answer.headers.get("apigw-requestid")!);
  expect(line).toMatchObject({
    level: "INFO",
    operation: "reserve",
    outcome: "reserved",
    status: 201,
    durationMs: expect.any(Number),
  });
  const lines = await readLogLines(run);
  const metrics = lines.find((one) => one["operation"] === "reserve" && "_aws" in one);
  expect(metrics).toMatchObject({
    outcome: "reserved",
    Requests: 1,
    DurationMs: expect.any(Number),
  });
  expect(JSON.stringify(lines)).not.toContain("not-to-log");
});

test("a shortage is counted by its lines", async () => {
  await client.post("/v1/reservations", { lines: [{ sku: "unit", quantity: 1_000 }] });
  const shortages = async () =>
    (await readLogLines(run)).filter((line) => line["Shortages"] === 1 && "_aws" in line).length;
  await expect.poll(shortages, { timeout: 10_000 }).toBe(1);
});

test("an unforeseen exception is told as internal, logged whole, and the process lives on", async () => {
  const made = await client.post("/v1/reservations", { lines: [{ sku: "unit", quantity: 1 }] });
  const { reservationId } = z.parse(reservationSchema, made.body);
  // No code of ours writes such a record; the engine runs into it as into a bug.
  await database.client.send(
    new UpdateCommand({
      TableName: database.tables.reservations,
      Key: { reservationId },
      UpdateExpression: "REMOVE #lines",
      ExpressionAttributeNames: { "#lines": "lines" },
    }),
  );
  const path = `/v1/reservations/${reservationId}/confirm`;
  const { requestId } = expectInternal(await client.post(path));
  expect(await logOf(requestId)).toMatchObject({
    level: "ERROR",
    operation: "confirmReservation",
    outcome: "internal",
    error: { name: "TypeError", stack: expect.anything() },
  });
  expect((await client.get("/v1/health")).status).toBe(200);
  const next = await client.post("/v1/reservations/nobody/confirm");
  expect(next.status).toBe(404);
});

test("a table that is gone is told as internal, and named in the log", async () => {
  const TableName = database.tables.movements;
  await database.client
    .send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
    .catch(() => {});
  await database.client.send(new DeleteTableCommand({ TableName }));
  const answer = await client.get("/v1/stock/unit/movements");
  const { requestId } = expectInternal(answer);
  expect(await logOf(requestId)).toMatchObject({
    level: "ERROR",
    error: {
      name: "InventoryError",
      message: expect.stringContaining("ResourceNotFoundException"),
    },
  });
  expect((await client.get("/v1/stock/unit")).status).toBe(200);
});

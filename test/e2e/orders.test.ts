/** Orders of several lines, holds that end and the audit, over HTTP and the synthesized app. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { promisify } from "node:util";
import { UpdateCommand, type UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import * as z from "zod/mini";
import { problemSchema } from "../../contract/problem-schemas.ts";
import { reservationSchema } from "../../contract/reservation-schemas.ts";
import { describeApp } from "../../local/assembly/app.ts";
import { readAssembly } from "../../local/assembly/read-assembly.ts";
import { startFunctions } from "../../local/functions/start-functions.ts";
import { createClient, type Client } from "../support/http-client.ts";
import { expectInvariants } from "../support/invariants.ts";
import { loadOf } from "../support/load-of.ts";
import { databaseOf } from "../support/local-database.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";
import { readLogLines } from "../support/log-lines.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let run: LocalRun;
let client: Client;
beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
});
afterAll(() => run.stop());

const project = fileURLToPath(new URL("../..", import.meta.url));

const stocked = async (stem: string, count: number, onHand: number): Promise<string[]> => {
  const skus = Array.from({ length: count }, (_, index) => `${stem}-${1_000 + index}`);
  for (let from = 0; from < count; from += 20) {
    const some = skus.slice(from, from + 20);
    await Promise.all(some.map((sku) => client.put(`/v1/stock/${sku}`, { onHand })));
  }
  return skus;
};

const linesOf = (skus: readonly string[]) => skus.map((sku) => ({ sku, quantity: 1 }));

const reserve = (skus: readonly string[], more: Record<string, unknown> = {}) =>
  client.post("/v1/reservations", { lines: linesOf(skus), ...more });

/** A slow engine is not done with 500 lines within the time of a function. */
const wide = loadOf(500);

describe("an order", () => {
  test(`of ${wide} lines is held, confirmed and seen as one`, async () => {
    const skus = await stocked("wide", wide, 5);
    const answer = await reserve(skus, { orderId: "wide" });
    expect(answer.status).toBe(201);
    const held = z.parse(reservationSchema, answer.body);
    expect(held).toMatchObject({ status: "held", version: 1, orderId: "wide" });
    expect(held.lines).toEqual(linesOf(skus));
    const confirmed = await client.post(`/v1/reservations/${held.reservationId}/confirm`);
    expect(confirmed.body).toMatchObject({ status: "confirmed", version: 2 });
    await expectInvariants(databaseOf(run));
  });

  test("of which lines fall short names all of them, with the next end of a hold", async () => {
    const skus = await stocked("short", 3, 1);
    const first = z.parse(reservationSchema, (await reserve([skus[1]!])).body);
    const answer = await reserve([...skus, ...skus]);
    expect(answer.status).toBe(409);
    const { shortages, code } = z.parse(problemSchema, answer.body);
    expect(code).toBe("insufficient_stock");
    expect(shortages).toEqual([
      { sku: skus[0], requested: 2, available: 1 },
      { sku: skus[1], requested: 2, available: 0, nextExpiryAt: first.expiresAt },
      { sku: skus[2], requested: 2, available: 1 },
    ]);
  });
});

describe("a dead hold", () => {
  test("costs the next customer no more than his request", async () => {
    const [sku] = await stocked("dead", 1, 1);
    const first = z.parse(reservationSchema, (await reserve([sku!])).body);
    expect((await reserve([sku!])).status).toBe(409);
    const path = `/v1/reservations/${first.reservationId}`;
    expect((await client.post(`${path}/extend`, { ttlSeconds: 1 })).status).toBe(200);
    await expect
      .poll(async () => (await client.get(path)).body, { timeout: 60_000 })
      .toMatchObject({ status: "expired" });
    expect((await reserve([sku!])).status).toBe(201);
  });

  test("is given back by the function that the template schedules, with its lag told", async () => {
    const [sku] = await stocked("swept", 1, 2);
    await reserve([sku!], { ttlSeconds: 1 });
    const app = describeApp(await readAssembly(inject("assembly")), {
      gatewayEndpoint: run.endpoint,
      messagingEndpoint: run.messaging!,
    });
    const sweep = app.schedules.find(({ functionId }) => functionId.includes("Sweep"))!;
    const dataDirectory = await temporaryFolder();
    const functions = await startFunctions({
      functions: app.functions.filter(({ logicalId }) => logicalId === sweep.functionId),
      endpoints: { dynamodb: run.dynamodbEndpoint },
      logsDirectory: join(dataDirectory, "logs"),
      onFailure: (message) => expect.unreachable(message),
    });
    onTestFinished(() => functions.stop());
    const availableAfterSweep = async () => {
      expect(await functions.invoke(sweep.functionId, "{}")).toMatchObject({ isFailed: false });
      const { body } = await client.get(`/v1/stock/${sku}`);
      return (body as { available: number }).available;
    };
    await expect.poll(availableAfterSweep, { timeout: 60_000 }).toBe(2);
    const lines = await readLogLines({ dataDirectory });
    const lag = lines.find((line) => "ExpiryLagMs" in line);
    expect([lag?.["ExpiryLagMs"]].flat().every((one) => Number(one) >= 0)).toBe(true);
    expect(lines).toContainEqual(expect.objectContaining({ message: "sweep", expired: 1 }));
  });
});

/** Writes to a table without Holdfast. */
const plant = (update: UpdateCommandInput) =>
  databaseOf(run).client.send(new UpdateCommand(update));

describe("npm run audit", () => {
  const audit = async (...args: string[]) => {
    const env = { ...process.env, HOLDFAST_DATA: run.dataDirectory };
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [`${project}/bin/audit.ts`, ...args],
        { cwd: project, env },
      );
      return { exitCode: 0, stdout, stderr: "" };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, stdout, stderr };
    }
  };

  test("finds nothing wrong, then what was planted, and repairs it on demand", async () => {
    const [sku] = await stocked("audited", 1, 10);
    const { reservationId } = z.parse(reservationSchema, (await reserve([sku!])).body);
    const right = await audit();
    expect(right).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(" 0 findings") });
    await plant({
      TableName: databaseOf(run).tables.stock,
      Key: { sku },
      UpdateExpression: "SET reserved = :reserved, available = :available",
      ExpressionAttributeValues: { ":reserved": 7, ":available": 3 },
    });
    const wrong = await audit("--json");
    expect(wrong.exitCode).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      findings: [{ damage: "reserved_drift", subject: sku, reservationIds: [reservationId] }],
    });
    const planned = await audit("--repair");
    expect(planned.exitCode).toBe(1);
    expect(planned.stdout).toContain("to be done: set available to 9, reserved to 1");
    expect(await audit("--repair", "--apply")).toMatchObject({ exitCode: 0 });
    expect(await audit()).toMatchObject({ exitCode: 0 });
    await expectInvariants(databaseOf(run));
  });

  test("finds confirmed units on hand only where the stack fulfills on confirm", async () => {
    const [sku] = await stocked("sold", 1, 5);
    const { reservationId } = z.parse(reservationSchema, (await reserve([sku!])).body);
    await client.post(`/v1/reservations/${reservationId}/confirm`);
    await plant({
      TableName: databaseOf(run).tables.reservations,
      Key: { reservationId },
      UpdateExpression: "SET updatedAtMs = :longAgo",
      ExpressionAttributeValues: { ":longAgo": Date.now() - 60 * 60 * 1_000 },
    });
    expect(await audit()).toMatchObject({ exitCode: 0 });
    const overdue = await audit("--fulfills-on-confirm", "--json");
    expect(overdue.exitCode).toBe(1);
    expect(JSON.parse(overdue.stdout)).toMatchObject({
      findings: [{ damage: "sale_overdue", subject: reservationId }],
    });
    const repaired = await audit("--fulfills-on-confirm", "--repair", "--apply");
    expect(repaired).toMatchObject({ exitCode: 0 });
    expect((await client.get(`/v1/stock/${sku}`)).body).toMatchObject({ onHand: 4, reserved: 0 });
  });

  test.each([
    [["--apply"], "--apply goes with --repair"],
    [["--stock", "a"], "Either all of --stock"],
    [["--fix"], "Unknown option '--fix'"],
    [["--keeps-sold"], "Unknown option '--keeps-sold'"],
  ])("%s is refused with what is accepted", async (args, message) => {
    const { exitCode, stderr } = await audit(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
    expect(stderr).toContain("npm run audit -- [--json]");
  });

  test("without a run says how to get one", async () => {
    const env = { ...process.env, HOLDFAST_DATA: await temporaryFolder() };
    const running = promisify(execFile)(process.execPath, [`${project}/bin/audit.ts`], { env });
    await expect(running).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("npm start, or name the tables"),
    });
  });
});

/** Many buyers at once over HTTP: what is sold, what is refused, and that the counts add up. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod/mini";
import { problemSchema } from "../../contract/problem-schemas.ts";
import { stockRecordSchema } from "../../contract/stock-schemas.ts";
import { expectInvariants } from "../support/invariants.ts";
import { createClient, type Answer, type Client } from "../support/http-client.ts";
import { databaseOf } from "../support/local-database.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;
let client: Client;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  client = createClient(run.endpoint);
});

afterAll(() => run.stop());

const stockOf = async (sku: string) =>
  z.parse(stockRecordSchema, (await client.get(`/v1/stock/${sku}`)).body);

test("500 buyers at once for 100 units: 100 times 201, 400 times 409", async () => {
  // Tries to sell a unit twice: 500 requests in flight, each in whatever worker takes it.
  await client.put("/v1/stock/stampede", { onHand: 100 });
  const answers = await Promise.all(
    Array.from({ length: 500 }, () =>
      client.post("/v1/reservations", { lines: [{ sku: "stampede", quantity: 1 }] }),
    ),
  );
  const statuses = answers.map((answer) => answer.status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(100);
  expect(statuses.filter((status) => status === 409)).toHaveLength(400);
  expect(await stockOf("stampede")).toMatchObject({ onHand: 100, available: 0, reserved: 100 });
  await expectInvariants(databaseOf(run));
});

const attemptsMax = 10;

/** As a shop is told to: where it was too busy, again after the time that the answer names. */
const reserveInTime = async (order: object): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await client.post("/v1/reservations", order);
    if (answer.status !== 503 || attempt === attemptsMax) return answer;
    await sleep(Number(answer.headers.get("retry-after")) * 1000);
  }
};

test("200 orders of three lines over 5 SKUs: nothing oversold, nobody refused too early", async () => {
  // Tries to lose or double units of crossed orders, and to refuse an order that would have fitted.
  const skus = ["crossed-0", "crossed-1", "crossed-2", "crossed-3", "crossed-4"];
  for (const sku of skus) await client.put(`/v1/stock/${sku}`, { onHand: 90 });
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, order) =>
      reserveInTime({
        lines: [0, 1, 2].map((line) => ({ sku: skus[(order + line * 2) % 5], quantity: 1 })),
      }),
    ),
  );
  await expectInvariants(databaseOf(run));
  const left = new Map<string, number>();
  for (const sku of skus) left.set(sku, (await stockOf(sku)).available);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    expect(answer.status).toBe(409);
    const { code, shortages } = z.parse(problemSchema, answer.body);
    expect(code).toBe("insufficient_stock");
    for (const { sku, requested, available } of shortages!) {
      // Nothing comes back in this test, so that what fell short then falls short at the end.
      expect(available).toBeLessThan(requested);
      expect(left.get(sku)).toBeLessThanOrEqual(available);
    }
  }
  expect(answers.some(({ status }) => status === 409)).toBe(true);
});

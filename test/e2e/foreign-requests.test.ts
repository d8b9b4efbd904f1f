/** What a page of another site reaches on this machine while the app runs on it: nothing. */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";
import { sendRaw } from "../support/send-raw.ts";

let run: LocalRun;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
});

afterAll(() => run.stop());

const body = "{}";
const call = (headers: Record<string, string>, target: string) => ({
  method: "POST",
  body,
  headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": target, ...headers },
});

const foreign: Record<string, string>[] = [
  { host: "evil.example" },
  { origin: "https://evil.example" },
  { "sec-fetch-site": "cross-site" },
];

test("no call of the API", async () => {
  expect((await sendRaw(run.endpoint, "/v1/health")).status).toBe(200);
  for (const headers of foreign) {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const response = await sendRaw(run.endpoint, "/v1/health", { method, headers });
      expect([method, response.status]).toEqual([method, 403]);
    }
  }
});

test("no table, and no answer of the engine that another site may read", async () => {
  const listing = "DynamoDB_20120810.ListTables";
  for (const headers of foreign) {
    const response = await sendRaw(run.dynamodbEndpoint, "/", call(headers, listing));
    expect(response).toMatchObject({ status: 403 });
    expect(response.body).toContain("AccessDeniedException");
  }
  const near: Record<string, string>[] = [{}, { origin: "http://localhost:5173" }];
  for (const headers of near) {
    const response = await sendRaw(run.dynamodbEndpoint, "/", call(headers, listing));
    expect(response.headers).not.toHaveProperty("access-control-allow-origin");
  }
});

test("no queue and no topic", async () => {
  const listing = "AmazonSQS.ListQueues";
  expect((await sendRaw(run.messaging!, "/", call({}, listing))).status).toBe(200);
  for (const headers of foreign) {
    expect((await sendRaw(run.messaging!, "/", call(headers, listing))).status).toBe(403);
  }
});

/**
 * Browsers and the local run: a browser gets a reference of the API, and pages of other sites get no access.
 */
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createClient } from "../support/http-client.ts";
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

test("a page of another site makes no call of the API", async () => {
  expect((await sendRaw(run.endpoint, "/v1/health")).status).toBe(200);
  for (const headers of foreign) {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const response = await sendRaw(run.endpoint, "/v1/health", { method, headers });
      expect([method, response.status]).toEqual([method, 403]);
    }
  }
});

test("a page of another site gets no table, and no answer of the engine that it may read", async () => {
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

test("a page of another site gets no queue", async () => {
  const listing = "AmazonSQS.ListQueues";
  expect((await sendRaw(run.messaging!, "/", call({}, listing))).status).toBe(200);
  for (const headers of foreign) {
    expect((await sendRaw(run.messaging!, "/", call(headers, listing))).status).toBe(403);
  }
});

test("the local run has a reference of its API, of files of its own", async () => {
  const client = createClient(run.endpoint);
  for (const path of ["/docs", "/docs/"]) {
    const { status, headers, text } = await client.get(path);
    expect([path, status, headers.get("content-type")]).toEqual([
      path,
      200,
      "text/html; charset=utf-8",
    ]);
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(text).not.toMatch(/https?:/);
    for (const [, file] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect([file, (await client.get(file!)).status]).toEqual([file, 200]);
    }
  }
  expect((await client.get("/docs/package.json")).status).toBe(404);
  expect((await client.send("POST", "/docs")).status).toBe(404);
});

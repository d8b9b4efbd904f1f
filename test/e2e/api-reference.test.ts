import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createClient } from "../support/http-client.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
});

afterAll(() => run.stop());

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

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createHoldfastClient, type HoldfastClient, type Stock } from "../../../client/client.ts";
import { collect } from "../../support/collect.ts";
import { json, problem, scriptedFetch } from "./scripted-fetch.ts";

const pageCount = 1_000;
const perPage = 3;

let server: Server;
let client: HoldfastClient;
/** The cursors that the server was sent, and the items of the pages that it has returned. */
let cursors: (string | null)[] = [];

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    const cursor = new URL(url!, "http://localhost").searchParams.get("cursor");
    cursors.push(cursor);
    const page = cursor === null ? 0 : Number(cursor.slice("page=".length));
    const items = Array.from({ length: perPage }, (_, item) => ({ sku: `sku-${page}-${item}` }));
    const next = page + 1 < pageCount ? { cursor: `page=${page + 1}` } : {};
    // Some pages of a list may be empty.
    response.end(JSON.stringify({ items: page === 1 ? [] : items, ...next }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  client = createHoldfastClient({ baseUrl: `http://127.0.0.1:${port}` });
});

beforeEach(() => {
  cursors = [];
});

afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test("a list of 1,000 pages is read one page at a time, as the loop comes to it", async () => {
  let items = 0;
  let last: Stock | undefined;
  for await (const stock of client.listStock({ limit: perPage })) {
    items += 1;
    last = stock;
    // The items so far are those of all pages that were requested, but for the rest of this one.
    const received = (cursors.length - (cursors.length > 1 ? 1 : 0)) * perPage;
    expect(received - items).toBeGreaterThanOrEqual(0);
    expect(received - items).toBeLessThan(perPage);
  }
  expect(items).toBe((pageCount - 1) * perPage);
  expect(last).toEqual({ sku: `sku-${pageCount - 1}-${perPage - 1}` });
  expect(cursors).toHaveLength(pageCount);
  expect(cursors[7]).toBe("page=7");
});

test("nothing is requested before the loop, and nothing after it", async () => {
  const stock = client.listStock();
  expect(cursors).toEqual([]);
  for await (const { sku } of stock) if (sku === "sku-2-0") break;
  expect(cursors).toEqual([null, "page=1", "page=2"]);
});

test("a loop can begin at the cursor of a page", async () => {
  for await (const page of client.listStock({ cursor: "page=997" }).pages()) {
    if (page.cursor === undefined) expect(page).toEqual({ items: expect.any(Array) });
  }
  expect(cursors).toEqual(["page=997", "page=998", "page=999"]);
});

const readAll = (...script: Response[]) => {
  const { fetch } = scriptedFetch(...script);
  const listing = createHoldfastClient({ baseUrl: "https://api.example.com", fetch });
  return collect(listing.listMovements({ sku: "hat" }));
};

test("a refusal of a list is thrown", async () => {
  await expect(readAll(problem(404, "unknown_sku"))).rejects.toMatchObject({
    code: "unknown_sku",
    status: 404,
    requestId: "r-1",
  });
  await expect(readAll(problem(400, "invalid_cursor"))).rejects.toMatchObject({
    code: "invalid_cursor",
  });
});

test("a page without items, or one that leads to itself, is a fault", async () => {
  const endless = json(200, { items: [], cursor: "again" });
  for (const script of [[json(200, {})], [endless, endless]]) {
    await expect(readAll(...script)).rejects.toMatchObject({ code: "malformed_answer" });
  }
});

test("an aborted list ends with the reason", async () => {
  const stopping = new AbortController();
  const reason = new Error("enough");
  const read = async () => {
    for await (const { sku } of client.listStock({}, { signal: stopping.signal })) {
      if (sku === "sku-0-2") stopping.abort(reason);
    }
  };
  await expect(read()).rejects.toBe(reason);
  expect(cursors).toHaveLength(1);
});

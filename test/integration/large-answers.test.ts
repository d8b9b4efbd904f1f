/** Lists whose items are so large that a page of them would be more than Lambda returns. */
import { BatchWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { beforeAll, expect, inject, test, vi } from "vitest";
import { answerBytesMax, linesMax, skuLengthMax } from "../../contract/bounds.ts";
import type { HttpHandler } from "../../functions/middleware/http-handler.ts";
import { createInventory } from "../../inventory/inventory.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { contextWithin, surround } from "../support/function-context.ts";

let database: TestDatabase;
let reservations: HttpHandler;

beforeAll(async () => {
  database = await createTestDatabase();
  const nowhere = "http://127.0.0.1:1";
  const dynamodbEndpoint = inject("engineEndpoint");
  surround({ database, dynamodbEndpoint, messagingEndpoint: nowhere });
  vi.resetModules();
  ({ handler: reservations } = await import("../../functions/reservations.ts"));
});

const list = async (query: Record<string, string>) => {
  const event = {
    routeKey: "GET /v1/reservations",
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {},
    queryStringParameters: query,
    requestContext: { requestId: "request-1" },
  } as unknown as APIGatewayProxyEventV2;
  const response = await reservations(event, contextWithin(60_000));
  const { statusCode, body } = response as APIGatewayProxyStructuredResultV2;
  return { status: statusCode, bytes: Buffer.byteLength(body!), body: JSON.parse(body!) };
};

/** Puts items as they are, 10 at a time: a request may have 16 MB. */
const put = async (table: string, items: readonly Record<string, unknown>[]): Promise<void> => {
  for (let from = 0; from < items.length; from += 10) {
    const requests = items.slice(from, from + 10).map((Item) => ({ PutRequest: { Item } }));
    await database.client.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
  }
};

const longSku = (index: number): string => `${index}-`.padEnd(skuLengthMax, "x");

test("the reservations of an order end a page early, and its cursor goes on", async () => {
  const lines = Array.from({ length: linesMax }, (_, index) => ({
    sku: longSku(index),
    quantity: 1,
  }));
  const ids = Array.from(
    { length: 70 },
    (_, index) => `01900000-0000-7000-8000-${String(index).padStart(12, "0")}`,
  );
  await put(
    database.tables.reservations,
    ids.map((reservationId, index) => ({
      reservationId,
      status: "confirmed",
      lines,
      parts: [],
      orderId: "large",
      createdAtMs: index,
      expiresAtMs: index,
      updatedAtMs: index,
      fingerprint: "",
      version: 1,
    })),
  );
  const shown: string[] = [];
  let pages = 0;
  let cursor: string | undefined;
  do {
    const query = { orderId: "large", limit: "100", ...(cursor !== undefined && { cursor }) };
    const { status, bytes, body } = await list(query);
    expect(status).toBe(200);
    expect(bytes).toBeLessThanOrEqual(answerBytesMax);
    shown.push(...body.items.map((item: { reservationId: string }) => item.reservationId));
    pages += 1;
    ({ cursor } = body);
  } while (cursor !== undefined);
  expect(shown).toEqual(ids.toReversed());
  expect(pages).toBeGreaterThan(1);
});

test("the list of stock goes on where one request has read 1 MB", async () => {
  const inventory = createInventory(database);
  const skus = Array.from({ length: 40 }, (_, index) => `sku-${index}`);
  await Promise.all(skus.map((sku) => inventory.setStock({ sku, onHand: 1 })));
  const names = Array.from({ length: 1_000 }, (_, index) => `${index}-`.padEnd(32, "x"));
  // The names of the locations of a SKU, without their levels.
  await put(
    database.tables.stock,
    skus.map((sku) => ({ sku: `${sku}@`, locations: new Set(names) })),
  );
  const shown: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await inventory.listStock({ limit: 100, cursor });
    shown.push(...page.items.map(({ sku }) => sku));
    ({ cursor } = page);
  } while (cursor !== undefined);
  expect(shown.toSorted()).toEqual(skus.toSorted());
});

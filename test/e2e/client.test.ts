/** The client against the synthesized app, with a proxy between them that loses and delays answers. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { createHoldfastClient, type HoldfastClient } from "../../client/client.ts";
import { collect } from "../support/collect.ts";
import { startHoldProcess } from "../support/hold-process.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";
import { startReplyProxy, type ReplyProxy } from "../support/reply-proxy.ts";

let run: LocalRun;
let proxy: ReplyProxy;
let client: HoldfastClient;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
  proxy = await startReplyProxy(run.endpoint);
  client = createHoldfastClient({ baseUrl: proxy.endpoint });
});

beforeEach(() => {
  proxy.plan(() => undefined);
  proxy.takeRequests();
});

afterAll(async () => {
  await proxy.stop();
  await run.stop();
});

let count = 0;

const stocked = async (onHand: number): Promise<string> => {
  const sku = `client-${(count += 1)}`;
  expect(await client.setStock({ sku, onHand })).toMatchObject({ outcome: "created" });
  proxy.takeRequests();
  return sku;
};

const stockOf = async (sku: string) => {
  const found = await client.getStock({ sku });
  if (found.outcome !== "found") throw new Error(`${sku} is ${found.outcome}.`);
  const { onHand, available, reserved } = found.stock;
  return { onHand, available, reserved };
};

const held = async (sku: string, quantity = 1) => {
  const reserved = await client.reserve({ lines: [{ sku, quantity }] });
  if (reserved.outcome !== "reserved") throw new Error(`The hold is ${reserved.outcome}.`);
  return reserved.reservation;
};

const statusOf = async (reservationId: string) => {
  const found = await client.getReservation({ reservationId });
  return found.outcome === "found" ? found.reservation.status : found.outcome;
};

/** Loses the reply to the first request whose path ends so. */
const loseFirstReply = (end: string) =>
  proxy.plan(({ path }, number) =>
    path.endsWith(end) && number === 1 ? { kind: "loseReply" } : undefined,
  );

test("a reservation goes through its life", async () => {
  const sku = await stocked(5);
  const { reservationId, version } = await held(sku, 3);
  const lines = (quantity: number) => [{ sku, quantity }];
  expect(
    await client.changeReservation({ reservationId, lines: lines(2) }, { ifMatch: version }),
  ).toMatchObject({ outcome: "changed", reservation: { lines: lines(2) }, replayed: false });
  expect(
    await client.changeReservation({ reservationId, lines: lines(1) }, { ifMatch: version }),
  ).toMatchObject({ outcome: "version_mismatch", problem: { status: 412 } });
  expect(await client.extendReservation({ reservationId, ttlSeconds: 600 })).toMatchObject({
    outcome: "extended",
  });
  expect(await client.fulfillReservation({ reservationId })).toMatchObject({
    outcome: "reservation_not_confirmed",
  });
  expect(await client.confirmReservation({ reservationId })).toMatchObject({
    outcome: "confirmed",
    reservation: { status: "confirmed" },
  });
  expect(await client.releaseReservation({ reservationId })).toMatchObject({
    outcome: "reservation_confirmed",
  });
  const one = { reservationId, lines: lines(1) };
  expect(await client.fulfillReservation(one)).toMatchObject({ outcome: "fulfilled" });
  expect(await client.cancelReservation(one)).toMatchObject({ outcome: "cancelled" });
  expect(await client.returnReservation({ ...one, reason: "too small" })).toMatchObject({
    outcome: "returned",
    reservation: { status: "fulfilled" },
  });
  expect(await stockOf(sku)).toEqual({ onHand: 5, available: 5, reserved: 0 });
});

test("refusals have what a shop needs to act on them", async () => {
  const sku = await stocked(1);
  expect(await client.reserve({ lines: [{ sku, quantity: 2 }] })).toMatchObject({
    outcome: "insufficient_stock",
    shortages: [{ sku, requested: 2, available: 1 }],
    problem: { requestId: expect.any(String) },
  });
  expect(await client.reserve({ lines: [{ sku: "nowhere", quantity: 1 }] })).toMatchObject({
    outcome: "unknown_sku",
    skus: ["nowhere"],
  });
  expect(await client.getStock({ sku: "nowhere" })).toMatchObject({
    outcome: "unknown_sku",
    skus: ["nowhere"],
  });
  await expect(client.reserve({ lines: [] })).rejects.toMatchObject({
    code: "invalid_request",
    status: 400,
    attempts: 1,
    requestId: expect.any(String),
    issues: [{ path: "lines", message: expect.stringContaining("1 to 500 entries") }],
  });
});

test("stock, channels and the service answer by their methods", async () => {
  const sku = await stocked(9);
  const reason = "count";
  expect(await client.adjustStock({ sku, delta: -2, reason })).toMatchObject({
    outcome: "adjusted",
    stock: { onHand: 7 },
  });
  expect(await client.adjustStock({ sku, delta: -8, reason })).toMatchObject({
    outcome: "insufficient_stock",
    shortages: [{ sku, requested: 8, available: 7 }],
  });
  expect(await client.setStockAtLocation({ sku, location: "ams1", onHand: 4 })).toMatchObject({
    outcome: "created",
    stock: { location: "ams1" },
  });
  expect(await client.moveStock({ sku, quantity: 2, fromLocation: "ams1", reason })).toMatchObject({
    outcome: "moved",
    stock: { onHand: 11 },
  });
  expect(
    await client.setCounts({
      counts: [
        { sku, onHand: 3 },
        { sku, location: "ams1", onHand: 1 },
      ],
    }),
  ).toMatchObject({ outcome: "counted", results: [{ status: 200 }, { status: 200 }] });

  const channel = { channel: "web", locations: ["ams1"], rule: "priority" as const };
  expect(await client.setChannel(channel)).toMatchObject({ outcome: "created", channel });
  expect(await client.listChannels()).toMatchObject({ outcome: "listed", items: [channel] });
  expect(await client.checkAvailability({ skus: [sku], channel: "web" })).toMatchObject({
    outcome: "found",
    items: [{ sku, available: 1 }],
  });
  expect(await client.deleteChannel({ channel: "web" })).toEqual({ outcome: "deleted" });
  expect(await client.getChannel({ channel: "web" })).toMatchObject({ outcome: "unknown_channel" });

  expect(await client.health()).toMatchObject({ outcome: "healthy", status: "ok" });
  expect(await client.openApi()).toMatchObject({ document: { openapi: "3.1.0" } });
});

test("a hold whose reply is lost is made once", async () => {
  const sku = await stocked(3);
  loseFirstReply("/v1/reservations");
  const outcome = await client.reserve({ lines: [{ sku, quantity: 1 }] });
  expect(outcome).toMatchObject({ outcome: "reserved", replayed: true });
  const keys = proxy.takeRequests().map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
  expect(await stockOf(sku)).toEqual({ onHand: 3, available: 2, reserved: 1 });
});

test("changes whose replies are lost are applied once", async () => {
  const sku = await stocked(5);
  const { reservationId } = await held(sku, 3);
  loseFirstReply("/adjustments");
  expect(await client.adjustStock({ sku, delta: 2, reason: "found" })).toMatchObject({
    outcome: "adjusted",
    replayed: true,
  });
  for (const action of ["confirm", "fulfill", "return"]) {
    loseFirstReply(`/${action}`);
    const one = { reservationId, lines: [{ sku, quantity: 1 }] };
    const change = {
      confirm: () => client.confirmReservation({ reservationId }),
      fulfill: () => client.fulfillReservation(one),
      return: () => client.returnReservation({ ...one, reason: "too small" }),
    }[action]!;
    expect(await change()).toMatchObject({ reservation: { reservationId } });
  }
  expect(await stockOf(sku)).toEqual({ onHand: 7, available: 5, reserved: 2 });
});

test("a count whose reply is lost is not sent again", async () => {
  const sku = await stocked(3);
  loseFirstReply(`/v1/stock/${sku}`);
  await expect(client.setStock({ sku, onHand: 9 })).rejects.toMatchObject({
    code: "no_answer",
    attempts: 1,
    mayHaveTakenEffect: true,
  });
  expect(proxy.takeRequests()).toHaveLength(1);
  expect(await stockOf(sku)).toMatchObject({ onHand: 9 });
});

test("a service that is busy is tried again when it asks for it", async () => {
  const sku = await stocked(3);
  const dateInThePast = new Date(0).toUTCString();
  const waits = ["0", "1", dateInThePast];
  proxy.plan((_, number) => {
    const wait = waits[number - 1];
    if (wait === undefined) return undefined;
    return { kind: "answer", status: 503, headers: { "Retry-After": wait } };
  });
  expect(await client.reserve({ lines: [{ sku, quantity: 1 }] })).toMatchObject({
    outcome: "reserved",
    replayed: false,
  });
  expect(proxy.takeRequests()).toHaveLength(4);
  expect(await stockOf(sku)).toMatchObject({ reserved: 1 });
});

test("a signed call is accepted by a stack with IAM", async () => {
  const sku = await stocked(1);
  const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
  const signing = createHoldfastClient({
    baseUrl: proxy.endpoint,
    auth: { sigV4: { region: "us-east-1", credentials } },
  });
  expect(await signing.getStock({ sku })).toMatchObject({ outcome: "found", stock: { sku } });
  expect(proxy.takeRequests()[0]!.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=key\/\d{8}\/us-east-1\/execute-api\/aws4_request, /,
  );
});

test("a list is read page by page, by the cursors of the service", async () => {
  const sku = await stocked(1);
  for (let change = 0; change < 4; change += 1) {
    await client.adjustStock({ sku, delta: 1, reason: `change ${change}` });
  }
  // The ledger follows the stock.
  await expect
    .poll(async () => (await collect(client.listMovements({ sku }))).length, { timeout: 10_000 })
    .toBe(5);
  proxy.takeRequests();
  const movements = await collect(client.listMovements({ sku, limit: 1 }));
  expect(movements.map(({ version }) => version)).toEqual([5, 4, 3, 2, 1]);
  const paths = proxy.takeRequests().map(({ path }) => path);
  expect(paths.length).toBeGreaterThanOrEqual(5);
  expect(new Set(paths).size).toBe(paths.length);
});

test("withHold confirms what its work has paid for", async () => {
  const sku = await stocked(2);
  const outcome = await client.withHold({ lines: [{ sku, quantity: 2 }] }, async (reservation) => {
    expect(await stockOf(sku)).toMatchObject({ available: 0, reserved: 2 });
    return `paid for ${reservation.reservationId}`;
  });
  expect(outcome).toMatchObject({
    outcome: "confirmed",
    reservation: { status: "confirmed" },
    result: expect.stringMatching(/^paid for /),
  });
});

test("withHold keeps a hold alive for longer than its time", async () => {
  const sku = await stocked(1);
  let extended = 0;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  proxy.plan(({ path }) => {
    if (path.endsWith("/extend") && (extended += 1) === 2) resolve();
    return undefined;
  });
  // The second extension is sent after three seconds or more.
  const request = { lines: [{ sku, quantity: 1 }], ttlSeconds: 3 };
  expect(await client.withHold(request, () => enough)).toMatchObject({ outcome: "confirmed" });
});

test("withHold releases the hold of work that throws", async () => {
  const sku = await stocked(2);
  const declined = new Error("The card was declined.");
  const work = () => Promise.reject(declined);
  await expect(client.withHold({ lines: [{ sku, quantity: 2 }] }, work)).rejects.toBe(declined);
  expect(await stockOf(sku)).toMatchObject({ available: 2, reserved: 0 });
});

test("withHold aborts the signal of work whose hold expires, and does not sell the units", async () => {
  const sku = await stocked(1);
  proxy.plan(({ path }) => (path.endsWith("/extend") ? { kind: "loseRequest" } : undefined));
  const request = { lines: [{ sku, quantity: 1 }], ttlSeconds: 1 };
  const outcome = await client.withHold(request, async ({ reservationId }, signal) => {
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    }
    // The service's clock decides, a moment later.
    await expect.poll(() => statusOf(reservationId), { timeout: 10_000 }).toBe("expired");
    return signal.reason as unknown;
  });
  expect(outcome).toMatchObject({
    outcome: "hold_lost",
    problem: { code: "reservation_expired" },
    result: { name: "HoldfastError", code: "reservation_expired" },
  });
  await expect.poll(() => stockOf(sku), { timeout: 10_000 }).toMatchObject({ available: 1 });
});

test("withHold does not run its work again under the key of a confirmed reservation", async () => {
  const sku = await stocked(2);
  const request = { lines: [{ sku, quantity: 1 }] };
  const options = { idempotencyKey: "checkout-7" };
  await client.withHold(request, () => "paid", options);
  let hasRun = false;
  const again = await client.withHold(request, () => (hasRun = true), options);
  expect({ outcome: again.outcome, hasRun }).toEqual({
    outcome: "reservation_confirmed",
    hasRun: false,
  });
  expect(await stockOf(sku)).toMatchObject({ available: 1, reserved: 1 });
});

test("the hold of a process that is killed expires by itself", async () => {
  const sku = await stocked(1);
  const process = await startHoldProcess({ baseUrl: run.endpoint, sku, ttlSeconds: 1 });
  await process.kill();
  await expect.poll(() => statusOf(process.reservationId), { timeout: 10_000 }).toBe("expired");
  expect(await client.reserve({ lines: [{ sku, quantity: 1 }] })).toMatchObject({
    outcome: "reserved",
  });
});

test("the first program of docs/client.md holds units", async () => {
  const page = await readFile(new URL("../../docs/client.md", import.meta.url), "utf8");
  const program = /```ts\n([\s\S]*?)```/.exec(page)![1]!;
  const here = program
    .replace("./client/client.ts", new URL("../../client/client.ts", import.meta.url).href)
    .replace("http://127.0.0.1:3000", run.endpoint);
  const file = join(run.dataDirectory, "program.ts");
  await writeFile(file, here);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  expect(stdout).toBe("Held: 1 line\n");
});

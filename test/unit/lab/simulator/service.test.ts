/** The simulated DynamoDB under requests that meet: conflicts, capacity, lag and faults. */
import { describe, expect, test } from "vitest";
import { createEnvironment } from "../../../../lab/simulator/cloud/environment.ts";
import { createEngine } from "../../../../lab/simulator/engine/engine.ts";
import { faultLevels, type Faults } from "../../../../lab/simulator/faults.ts";
import { parameters, type DatabaseParameters } from "../../../../lab/simulator/parameters.ts";
import { createService } from "../../../../lab/simulator/service/service.ts";
import { createRandom } from "../../../../lab/simulator/time/random.ts";
import { createVirtualTime } from "../../../../lab/simulator/time/virtual-time.ts";

const table = {
  name: "Stock",
  partitionKey: { name: "sku", type: "S" },
  indexes: [
    { name: "byColour", partitionKey: { name: "colour", type: "S" }, projection: "KEYS_ONLY" },
  ],
} as const;

/** Every request takes the same time, so that a test knows what meets what. */
const steady: DatabaseParameters = {
  ...parameters.database,
  singleWriteMs: [4, 4],
  transactionMs: [10, 10],
  readMs: [2, 2],
  queryMs: [2, 2],
  furtherItemMs: 0,
  indexLagMs: [50, 50],
  slowIndexShare: 0,
  replicaShare: 0,
};

const open = (faults: Partial<Faults> = {}, changed: Partial<DatabaseParameters> = {}) => {
  const time = createVirtualTime();
  const random = createRandom(1);
  const service = createService({
    time,
    random,
    engine: createEngine([table]),
    tablesWithStream: [table.name],
    parameters: { ...steady, ...changed },
    faults: () => ({ ...faultLevels.none, ...faults }),
    requestTimeoutMs: 2_000,
  });
  const environment = createEnvironment({ name: "test-1", time, random, skewMs: 0 });
  const transport = service.connect(environment);
  let requests = 0;
  const sendAt = (atMs: number, operation: string, input: object, invocationId?: string) =>
    new Promise<object>((resolve, reject) => {
      requests += 1;
      const request = { operation, input, invocationId: invocationId ?? `request-${requests}` };
      time.schedule(atMs, () => void transport(request as never).then(resolve, reject));
    });
  const outcome = (answer: Promise<object>): Promise<unknown> =>
    time.runUntilDone(answer).catch((error: Error) => error);
  return { time, service, environment, sendAt, outcome };
};

const put = (sku: string, more: object = {}) => ({
  TableName: "Stock",
  Item: { sku: { S: sku }, ...more },
});
const transaction = (...skus: string[]) => ({
  TransactItems: skus.map((sku) => ({ Put: put(sku) })),
});
const key = (sku: string) => ({ TableName: "Stock", Key: { sku: { S: sku } } });

const conflict = (...codes: string[]) => ({
  name: "TransactionCanceledException",
  body: { CancellationReasons: codes.map((Code) => expect.objectContaining({ Code })) },
});

describe("a transaction", () => {
  test("that meets another on an item is cancelled, with the reason in the item's place", async () => {
    const { sendAt, outcome } = open();
    const first = sendAt(0, "TransactWriteItems", transaction("a", "b"));
    const second = sendAt(2, "TransactWriteItems", transaction("c", "b"));
    expect(await outcome(first)).toEqual({});
    expect(await outcome(second)).toMatchObject(conflict("None", "TransactionConflict"));
  });

  test("refuses a single write of its items from its lock to its end, and no longer", async () => {
    const { sendAt, outcome } = open();
    const writing = sendAt(0, "TransactWriteItems", transaction("a"));
    const during = sendAt(3, "PutItem", put("a"));
    const after = sendAt(9, "PutItem", put("a"));
    expect(await outcome(during)).toMatchObject({ name: "TransactionConflictException" });
    expect(await outcome(writing)).toEqual({});
    expect(await outcome(after)).toEqual({});
  });

  test("is cancelled by a write that reaches its item after its timestamp", async () => {
    const { sendAt, outcome } = open();
    const writing = sendAt(0, "TransactWriteItems", transaction("a"));
    const single = sendAt(0, "PutItem", put("a"));
    expect(await outcome(single)).toEqual({});
    expect(await outcome(writing)).toMatchObject(conflict("TransactionConflict"));
  });

  test("leaves plain reads alone, which see what was before, and cancels transactional ones", async () => {
    const { sendAt, outcome } = open();
    const writing = sendAt(0, "TransactWriteItems", transaction("a"));
    const plain = sendAt(4, "GetItem", { ...key("a"), ConsistentRead: true });
    const read = { TransactItems: [{ Get: key("a") }] };
    const transactional = sendAt(0, "TransactGetItems", read);
    expect(await outcome(plain)).toEqual({});
    expect(await outcome(transactional)).toMatchObject(conflict("TransactionConflict"));
    expect(await outcome(writing)).toEqual({});
  });

  test("is applied once under its token, and refused while it is under way", async () => {
    const { sendAt, outcome } = open();
    const input = { ...transaction("a"), ClientRequestToken: "token-1" };
    const first = sendAt(0, "TransactWriteItems", input);
    const during = sendAt(1, "TransactWriteItems", input);
    const after = sendAt(20, "TransactWriteItems", input);
    const other = sendAt(40, "TransactWriteItems", {
      ...transaction("b"),
      ClientRequestToken: "token-1",
    });
    expect(await outcome(first)).toEqual({});
    expect(await outcome(during)).toMatchObject({ name: "TransactionInProgressException" });
    expect(await outcome(after)).toEqual({});
    expect(await outcome(other)).toMatchObject({ name: "IdempotentParameterMismatchException" });
  });
});

describe("writes of one item", () => {
  test("queue, and do not refuse each other", async () => {
    const { time, sendAt, outcome } = open();
    const writes = Array.from({ length: 20 }, () => sendAt(0, "PutItem", put("a")));
    expect(await outcome(Promise.all(writes))).toHaveLength(20);
    expect(time.nowMs).toBeGreaterThanOrEqual(4 + 19 * steady.itemBusyMs);
  });

  test("are throttled past the units of their partition", async () => {
    const { sendAt, outcome } = open({}, { partition: { writeUnits: 10, readUnits: 10 } });
    const writes = Array.from({ length: 20 }, () => sendAt(0, "PutItem", put("a")));
    const answers = (await outcome(Promise.allSettled(writes))) as PromiseSettledResult<object>[];
    // Half a second of ten units is saved, and a request is refused once they are overdrawn.
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(6);
    const later = sendAt(1_000, "PutItem", put("a"));
    expect(await outcome(later)).toEqual({});
  });

  test("are throttled by an index whose partition is exhausted", async () => {
    const { sendAt, outcome } = open({}, { partition: { writeUnits: 20, readUnits: 20 } });
    const red = (index: number) => put(`sku-${index}`, { colour: { S: "red" } });
    const writes = Array.from({ length: 15 }, (_, index) => sendAt(index, "PutItem", red(index)));
    const other = sendAt(16, "PutItem", put("sku-99", { colour: { S: "blue" } }));
    const answers = (await outcome(Promise.allSettled(writes))) as PromiseSettledResult<object>[];
    const refused = answers.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const one of refused) {
      const { reason } = one as PromiseRejectedResult;
      expect(reason).toMatchObject({ name: "ProvisionedThroughputExceededException" });
    }
    expect(await outcome(other)).toEqual({});
  });
});

test("an index lists a change after its lag", async () => {
  const { sendAt, outcome } = open();
  const query = {
    TableName: "Stock",
    IndexName: "byColour",
    KeyConditionExpression: "colour = :red",
    ExpressionAttributeValues: { ":red": { S: "red" } },
  };
  await outcome(sendAt(0, "PutItem", put("a", { colour: { S: "red" } })));
  expect(await outcome(sendAt(10, "Query", query))).toMatchObject({ Count: 0 });
  expect(await outcome(sendAt(60, "Query", query))).toMatchObject({ Count: 1 });
});

test("a stream has the changes of an item in order, and not before their lag", async () => {
  const { time, service, sendAt, outcome } = open();
  await outcome(sendAt(0, "PutItem", put("a", { units: { N: "1" } })));
  await outcome(sendAt(10, "PutItem", put("a", { units: { N: "2" } })));
  const shards = Array.from({ length: steady.streamShards }, (_, shard) => shard);
  const read = () => shards.flatMap((shard) => service.streams.read("Stock", shard, 0, 10));
  expect(read()).toEqual([]);
  await time.runTo(1_000);
  expect(read().map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY"]);
  expect(read()[1]!.dynamodb).toMatchObject({
    OldImage: { units: { N: "1" } },
    NewImage: { units: { N: "2" } },
  });
});

describe("a fault", () => {
  const read = { ...key("a"), ConsistentRead: true };

  test("that loses the reply applies the request, and lets the client time out", async () => {
    const { time, sendAt, outcome } = open({ replyLost: 1 });
    expect(await outcome(sendAt(0, "PutItem", put("a")))).toMatchObject({ name: "TimeoutError" });
    expect(time.nowMs).toBe(2_000);
  });

  test("that loses the request applies nothing", async () => {
    const { service, sendAt, outcome } = open({ requestLost: 1 });
    let commits = 0;
    service.listen({ committed: () => (commits += 1) });
    expect(await outcome(sendAt(0, "PutItem", put("a")))).toMatchObject({ name: "TimeoutError" });
    expect(commits).toBe(0);
  });

  test("that copies a request applies it once more, later", async () => {
    const { time, service, sendAt, outcome } = open({ copied: 1, copyLateMs: [500, 500] });
    const commits: [atMs: number, isCopy: boolean][] = [];
    service.listen({ committed: ({ atMs, attempt }) => commits.push([atMs, attempt.isCopy]) });
    await outcome(sendAt(0, "PutItem", put("a")));
    await time.runTo(1_000);
    expect(commits).toEqual([
      [2, false],
      [502, true],
    ]);
  });

  test.each([
    [{ serverError: 1 }, "InternalServerError"],
    [{ throttled: 1 }, "ProvisionedThroughputExceededException"],
  ])("%j is answered as %s", async (faults, name) => {
    const { sendAt, outcome } = open(faults);
    expect(await outcome(sendAt(0, "GetItem", read))).toMatchObject({ name });
  });

  test("that is an outage leaves requests without an answer until it is over", async () => {
    const { sendAt, outcome } = open({ outagesPerMinute: 6_000, outageMs: [1e6, 1e6] });
    const answer = await outcome(sendAt(1_000, "GetItem", read));
    expect(answer).toMatchObject({ name: "TimeoutError" });
  });
});

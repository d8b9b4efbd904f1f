/** The benchmarks' stand-in for how AWS treats transactions: it has to do what it says. */
import { TransactWriteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { connect } from "../../inventory/dynamodb/database.ts";
import { startConflictProxy } from "../../lab/servers/conflict-proxy.ts";
import { createLocksTable } from "../support/database.ts";
import { localAccess } from "../support/local-access.ts";

let table: string;
beforeAll(async () => {
  table = await createLocksTable(inject("engineEndpoint"));
});

const open = async (transactionMs: number) => {
  const keyOf = new Map([[table, "lockName"]]);
  const proxy = await startConflictProxy(inject("engineEndpoint"), keyOf, transactionMs);
  const client = connect({ ...localAccess, endpoint: proxy.endpoint });
  onTestFinished(async () => {
    client.destroy();
    await proxy[Symbol.asyncDispose]();
  });
  const update = (lockName: string) => ({
    TableName: table,
    Key: { lockName },
    UpdateExpression: "ADD writes :one",
    ExpressionAttributeValues: { ":one": 1 },
  });
  return {
    proxy,
    put: (lockName: string) =>
      client.send(
        new TransactWriteCommand({
          TransactItems: [{ Put: { TableName: table, Item: { lockName } } }],
        }),
      ),
    transact: (...names: string[]) =>
      client.send(
        new TransactWriteCommand({ TransactItems: names.map((one) => ({ Update: update(one) })) }),
      ),
    write: (name: string) => client.send(new UpdateCommand(update(name))),
  };
};

test("who meets a transaction in flight is refused at once, with a reason for each action", async () => {
  const { proxy, transact, put } = await open(300);
  const first = transact("a", "b");
  const second = expect(transact("c", "b", "d")).rejects.toMatchObject({
    name: "TransactionCanceledException",
    CancellationReasons: [{ Code: "None" }, { Code: "TransactionConflict" }, { Code: "None" }],
  });
  await Promise.all([first, second, transact("e", "f"), put("g")]);
  await transact("a", "b", "c", "d");
  expect(proxy.conflicts()).toBe(1);
});

test("a single write that meets one is refused too, and others are not", async () => {
  const { proxy, transact, write } = await open(300);
  const first = transact("x", "y");
  const refused = expect(write("y")).rejects.toMatchObject({
    name: "TransactionConflictException",
  });
  await Promise.all([first, refused, write("z")]);
  await write("y");
  expect(proxy.conflicts()).toBeGreaterThanOrEqual(1);
});

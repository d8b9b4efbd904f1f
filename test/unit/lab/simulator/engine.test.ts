/** The steps of the engine, which the layers around it take one by one. */
import { describe, expect, test } from "vitest";
import {
  createEngine,
  itemBytes,
  type Change,
  type Engine,
  type TableDefinition,
} from "../../../../lab/simulator/engine/engine.ts";

const holds: TableDefinition = {
  name: "holds",
  partitionKey: { name: "id", type: "S" },
  indexes: [
    {
      name: "byEnd",
      partitionKey: { name: "slice", type: "N" },
      sortKey: { name: "endsAtMs", type: "N" },
      projection: ["skus"],
    },
  ],
};

const put = (engine: Engine, id: string, more: object): Change => {
  const request = engine.parse("PutItem", { TableName: "holds", Item: { id: { S: id }, ...more } });
  const evaluation = engine.evaluate(request, 0);
  if (evaluation.outcome !== "apply") return expect.unreachable("was refused");
  return evaluation.change!;
};
const due = { slice: { N: "1" }, endsAtMs: { N: "10" } };

const read = (engine: Engine, view: "latest" | "replica") =>
  engine.read(engine.parse("GetItem", { TableName: "holds", Key: { id: { S: "a" } } }), view);
const query = (engine: Engine) =>
  engine.read(
    engine.parse("Query", {
      TableName: "holds",
      IndexName: "byEnd",
      KeyConditionExpression: "slice = :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
    "replica",
  );

describe("a change", () => {
  test("reaches the latest state, the replica and the index one by one", () => {
    const engine = createEngine([holds]);
    const change = put(engine, "a", due);
    expect(read(engine, "latest").output).toEqual({});
    engine.commit(change);
    expect(read(engine, "latest")).toMatchObject({ output: { Item: change.after }, bytes: 20 });
    expect(read(engine, "replica").output).toEqual({});
    engine.replicate(change);
    expect(read(engine, "replica").output).toEqual({ Item: change.after });
    expect(query(engine).output).toMatchObject({ Count: 0 });
    engine.updateIndexes(change);
    expect(query(engine)).toMatchObject({ output: { Count: 1 }, bytes: 20 });
  });

  test("writes the entries of indexes that it changes, and no others", () => {
    const engine = createEngine([holds]);
    const first = put(engine, "a", due);
    expect(first.indexes).toMatchObject([{ index: "byEnd", put: { bytes: 20 } }]);
    expect(first.indexes[0]).not.toHaveProperty("removed");
    engine.commit(first);
    expect(put(engine, "a", { ...due, other: { S: "x" } }).indexes).toEqual([]);
    expect(put(engine, "a", {}).indexes).toMatchObject([{ removed: { bytes: 20 } }]);
    const moved = put(engine, "a", { ...due, endsAtMs: { N: "11" } }).indexes[0];
    expect(moved).toMatchObject({ removed: { sort: { N: "10" } }, put: { sort: { N: "11" } } });
    const projected = put(engine, "a", { ...due, skus: { SS: ["x"] } }).indexes[0];
    expect(projected).toHaveProperty("put");
    expect(projected).not.toHaveProperty("removed");
  });

  test("is none for a condition check and for a delete of nothing", () => {
    const engine = createEngine([holds]);
    const request = engine.parse("DeleteItem", { TableName: "holds", Key: { id: { S: "a" } } });
    expect(engine.evaluate(request, 0)).toEqual({ outcome: "apply", bytes: 0 });
  });
});

test("targets that are left out of a batch are answered as unprocessed", () => {
  const engine = createEngine([holds]);
  const requests = ["a", "b"].map((id) => ({ PutRequest: { Item: { id: { S: id } } } }));
  const write = engine.parse("BatchWriteItem", { RequestItems: { holds: requests } });
  expect(engine.reply(write, [engine.evaluate(write, 0), undefined])).toEqual({
    UnprocessedItems: { holds: [requests[1]] },
  });
  const Keys = ["a", "b"].map((id) => ({ id: { S: id } }));
  const batch = engine.parse("BatchGetItem", {
    RequestItems: { holds: { Keys, ConsistentRead: true } },
  });
  expect(engine.read(batch, "latest", new Set([1])).output).toEqual({
    Responses: { holds: [] },
    UnprocessedKeys: { holds: { Keys: [Keys[1]], ConsistentRead: true } },
  });
});

test("the size of an item counts names, values and the overhead of documents", () => {
  expect(itemBytes({ abc: { S: "é" } })).toBe(5);
  expect(itemBytes({ n: { N: "-1234500" } })).toBe(1 + 5);
  expect(itemBytes({ n: { N: "0" } })).toBe(1 + 1);
  expect(itemBytes({ t: { BOOL: true }, z: { NULL: true } })).toBe(4);
  expect(itemBytes({ s: { SS: ["ab", "c"] } })).toBe(1 + 3);
  expect(itemBytes({ m: { M: { k: { S: "v" } } } })).toBe(1 + 3 + 1 + 2);
  expect(itemBytes({ l: { L: [{ S: "v" }, { S: "w" }] } })).toBe(1 + 3 + 2 + 2);
});

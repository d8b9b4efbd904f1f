import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeApp } from "../../../local/assembly/app.ts";
import { readAssembly } from "../../../local/assembly/read-assembly.ts";
import { dynoxideFileIn } from "../../../local/engines/dynoxide.ts";
import { startEngine } from "../../../local/engines/start-engine.ts";
import { createTables } from "../../../local/tables/create-tables.ts";
import { indexStreamRecords } from "../../../local/tables/stream-records-index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { table, writeApp } from "./fixture-app.ts";

const readTables = async (resource: object) => {
  const assembly = await readAssembly(await writeApp({ resources: { Orders: resource } }));
  return describeApp(assembly, { gatewayEndpoint: "http://127.0.0.1:3000" }).tables;
};

const byOwner = (projection: object) => ({
  IndexName: "byOwner",
  KeySchema: [
    { AttributeName: "owner", KeyType: "HASH" },
    { AttributeName: "atMs", KeyType: "RANGE" },
  ],
  Projection: projection,
});

const indexed = (projection: object = { ProjectionType: "KEYS_ONLY" }) =>
  table({
    AttributeDefinitions: [
      { AttributeName: "id", AttributeType: "S" },
      { AttributeName: "owner", AttributeType: "S" },
      { AttributeName: "atMs", AttributeType: "N" },
    ],
    GlobalSecondaryIndexes: [byOwner(projection)],
    TimeToLiveSpecification: { AttributeName: "ttlSeconds", Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });

const start = async (dataDirectory?: string) => {
  const engine = await startEngine(
    "dynoxide",
    dataDirectory === undefined ? {} : { dataDirectory },
  );
  onTestFinished(() => engine.stop());
  const client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  onTestFinished(() => client.destroy());
  return { endpoint: engine.endpoint, client };
};

describe("the template's tables", () => {
  it("are created with their indexes and their time to live, and stay as they are", async () => {
    const { endpoint, client } = await start();
    const tables = await readTables(indexed());
    await createTables(endpoint, tables, "the folder x");
    await createTables(endpoint, tables, "the folder x");
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "App-Orders" }));
    expect(Table).toMatchObject({
      TableStatus: "ACTIVE",
      BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
      GlobalSecondaryIndexes: [
        { IndexName: "byOwner", Projection: { ProjectionType: "KEYS_ONLY" } },
      ],
    });
    const found = await client.send(new DescribeTimeToLiveCommand({ TableName: "App-Orders" }));
    expect(found.TimeToLiveDescription?.AttributeName).toBe("ttlSeconds");
  });

  it("of CDK's newer kind are created as well", async () => {
    const { endpoint, client } = await start();
    const { Properties } = indexed();
    const resource = {
      Type: "AWS::DynamoDB::GlobalTable",
      Properties: { ...Properties, Replicas: [{ Region: { Ref: "AWS::Region" } }] },
    };
    await createTables(endpoint, await readTables(resource), "the folder x");
    const { Table } = await client.send(new DescribeTableCommand({ TableName: "App-Orders" }));
    expect(Table?.GlobalSecondaryIndexes).toHaveLength(1);
  });

  it.each([
    [
      "another key",
      table({
        KeySchema: [{ AttributeName: "name", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "name", AttributeType: "S" }],
      }),
      "has the key name S HASH, and the template's has id S HASH",
    ],
    ["no such index", table(), "lacks the template's index byOwner"],
    ["the index otherwise", indexed({ ProjectionType: "ALL" }), "(ALL), the template as"],
  ])("are refused when the table that is there has %s", async (_, existing, difference) => {
    const { endpoint } = await start();
    await createTables(endpoint, await readTables(existing), "the folder x");
    await expect(
      createTables(endpoint, await readTables(indexed()), "the folder x"),
    ).rejects.toThrow(
      expect.objectContaining({ code: "data", message: expect.stringContaining(difference) }),
    );
    await expect(
      createTables(endpoint, await readTables(indexed()), "the folder x"),
    ).rejects.toThrow(/Remove the folder x\.$/);
  });
});

describe("a table with a stream", () => {
  it("on dynoxide gets the index by which a write finds the last sequence number", async () => {
    const dataDirectory = await temporaryFolder();
    const { endpoint, client } = await start(dataDirectory);
    const streamed = table({ StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" } });
    await createTables(endpoint, await readTables(streamed), "the folder x");
    const put = (id: string) =>
      client.send(new PutItemCommand({ TableName: "App-Orders", Item: { id: { S: id } } }));
    await put("one");
    indexStreamRecords(dynoxideFileIn(dataDirectory));
    indexStreamRecords(dynoxideFileIn(dataDirectory));
    await put("two");
    const database = new DatabaseSync(dynoxideFileIn(dataDirectory), { readOnly: true });
    onTestFinished(() => database.close());
    const records = database.prepare("SELECT sequence_number FROM _stream_records").all();
    expect(records).toHaveLength(2);
    const plan = database
      .prepare(
        `EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
         FROM _stream_records WHERE table_name = 'App-Orders'`,
      )
      .all();
    expect(JSON.stringify(plan)).toContain("holdfast_stream_records_by_sequence_number");
  });
});

/** What the template says of event sources, and what of that is refused. */
import { describe, expect, it } from "vitest";
import { describeApp } from "../../../local/assembly/app.ts";
import { readAssembly } from "../../../local/assembly/read-assembly.ts";
import { echo, type Fixture, mapping, table, writeApp } from "./fixture-app.ts";

const local = {
  gatewayEndpoint: "http://127.0.0.1:3000",
  messagingEndpoint: "http://127.0.0.1:4000",
};

const stockArn = "arn:aws:dynamodb:us-east-1:000000000000:table/App-Stock";

const describeMapping = async (
  properties: Record<string, unknown>,
  { functions = { Echo: echo, Read: echo }, resources = {} }: Partial<Fixture> = {},
) => {
  const assembly = await readAssembly(
    await writeApp({
      functions,
      resources: {
        Stock: table({ StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" } }),
        Inbox: { Type: "AWS::SQS::Queue" },
        Failures: { Type: "AWS::SQS::Queue" },
        Mapping: mapping({ FunctionName: { Ref: "Read" }, ...properties }),
        ...resources,
      },
    }),
  );
  return describeApp(assembly, local);
};

const stream = {
  EventSourceArn: { "Fn::GetAtt": ["Stock", "StreamArn"] },
  StartingPosition: "TRIM_HORIZON",
};
const queue = { EventSourceArn: { "Fn::GetAtt": ["Inbox", "Arn"] } };

describe("an event source mapping", () => {
  it("of a stream has Lambda's own values for what the template leaves out", async () => {
    const { eventSources, functions } = await describeMapping(stream);
    expect(eventSources).toEqual({
      queues: [],
      streams: [
        {
          logicalId: "Mapping",
          functionId: "Read",
          functionArn: "arn:aws:lambda:us-east-1:000000000000:function:App-Read",
          batchSize: 100,
          windowMs: 0,
          reportsItems: false,
          tableId: "Stock",
          tableName: "App-Stock",
          streamArn: expect.stringMatching(`^${stockArn}/stream/.+$`),
          startingPosition: "TRIM_HORIZON",
          bisects: false,
          retriesMax: Number.POSITIVE_INFINITY,
          recordAgeMsMax: 86_400_000,
        },
      ],
    });
    // A function that only a mapping calls is run.
    expect(functions.map(({ logicalId }) => logicalId)).toEqual(["Echo", "Read"]);
  });

  it("of a stream has what the template says", async () => {
    const { eventSources } = await describeMapping({
      ...stream,
      FunctionName: { "Fn::GetAtt": ["Read", "Arn"] },
      StartingPosition: "LATEST",
      BatchSize: 7,
      MaximumBatchingWindowInSeconds: 2,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 3,
      MaximumRecordAgeInSeconds: 3_600,
      ParallelizationFactor: 4,
      DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": ["Failures", "Arn"] } } },
    });
    expect(eventSources.streams[0]).toMatchObject({
      batchSize: 7,
      windowMs: 2_000,
      reportsItems: true,
      startingPosition: "LATEST",
      bisects: true,
      retriesMax: 3,
      recordAgeMsMax: 3_600_000,
      onFailureQueueUrl: "http://127.0.0.1:4000/000000000000/App-Failures",
    });
  });

  it("of a queue has its own", async () => {
    const { eventSources } = await describeMapping({
      ...queue,
      ScalingConfig: { MaximumConcurrency: 3 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    expect(eventSources.queues).toEqual([
      {
        logicalId: "Mapping",
        functionId: "Read",
        functionArn: "arn:aws:lambda:us-east-1:000000000000:function:App-Read",
        batchSize: 10,
        windowMs: 0,
        reportsItems: true,
        queueId: "Inbox",
        queueUrl: "http://127.0.0.1:4000/000000000000/App-Inbox",
        queueArn: "arn:aws:sqs:us-east-1:000000000000:App-Inbox",
        concurrencyMax: 3,
      },
    ]);
  });

  it.each([false, "false"])("that is not enabled (%j) is not run", async (Enabled) => {
    const { eventSources, functions } = await describeMapping({ ...queue, Enabled });
    expect(eventSources).toEqual({ streams: [], queues: [] });
    expect(functions.map(({ logicalId }) => logicalId)).toEqual(["Echo"]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      "another source",
      { EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/x" },
      "reads arn:aws:kinesis:us-east-1:000000000000:stream/x; only streams of tables and queues",
    ],
    ["no function of the app", { ...queue, FunctionName: "other" }, "calls no function of"],
    [
      "a filter",
      { ...queue, FilterCriteria: { Filters: [{ Pattern: "{}" }] } },
      "has FilterCriteria: not honoured here",
    ],
    [
      "a position in time",
      { ...stream, StartingPosition: "AT_TIMESTAMP" },
      "has the StartingPosition AT_TIMESTAMP",
    ],
    ["no position", { ...stream, StartingPosition: undefined }, "has the StartingPosition ;"],
    ["more than ten messages at once", { ...queue, BatchSize: 11 }, "has the BatchSize 11"],
    [
      "another destination of failures",
      {
        ...stream,
        DestinationConfig: {
          OnFailure: { Destination: "arn:aws:sns:us-east-1:000000000000:topic" },
        },
      },
      "tells of failures to arn:aws:sns:us-east-1:000000000000:topic",
    ],
  ])("with %s is refused", async (_, properties, problem) => {
    await expect(describeMapping(properties)).rejects.toMatchObject({
      code: "assembly",
      message: expect.stringContaining(problem),
    });
  });

  it("of a queue that hides messages for less than the function takes is refused", async () => {
    const functions = { Echo: echo, Read: { source: echo, properties: { Timeout: 31 } } };
    await expect(describeMapping(queue, { functions })).rejects.toMatchObject({
      code: "assembly",
      message: expect.stringContaining("The queue Inbox hides a message for 30000 ms"),
    });
  });

  it("of a table without a stream is refused", async () => {
    const reading = describeMapping(stream, { resources: { Stock: table() } });
    await expect(reading).rejects.toThrow("the attribute StreamArn of Stock");
  });
});

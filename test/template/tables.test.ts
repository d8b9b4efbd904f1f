import { RemovalPolicy } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { createStackWithKey, resourcesOf, spokenName, synthesize } from "./synthesize.ts";

const template = synthesize();
const tables = resourcesOf(template, "AWS::DynamoDB::Table");
const tableNames = tables.map(({ logicalId }) => spokenName(logicalId));
const properties = (name: string) => {
  const table = tables.find(({ logicalId }) => spokenName(logicalId) === name);
  return table?.properties as Record<string, unknown> | undefined;
};

describe("the tables", () => {
  test("are Stock, Reservations, Movements and Locks", () => {
    const names = ["StockTable", "ReservationsTable", "MovementsTable", "LocksTable"];
    expect(tableNames).toEqual(names);
  });

  test.each(tables)("outlive the stack, and every deletion: $logicalId", (table) => {
    expect(table.deletionPolicy).toBe("Retain");
    expect(table.updateReplacePolicy).toBe("Retain");
    expect(table.properties).toMatchObject({ DeletionProtectionEnabled: true });
  });

  test.each(tables)("recover any second of the last 35 days: $logicalId", (table) => {
    expect(table.properties).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test.each(tables)("are encrypted under a key in the account: $logicalId", (table) => {
    expect(table.properties).toMatchObject({ SSESpecification: { SSEEnabled: true } });
  });

  test.each(tables)("are paid by the request: $logicalId", (table) => {
    expect(table.properties).toMatchObject({ BillingMode: "PAY_PER_REQUEST" });
    expect(table.properties).not.toHaveProperty("ProvisionedThroughput");
  });

  test("tell of their changes by both images, where somebody reads that", () => {
    const streamed = tables.filter(({ properties: own }) => "StreamSpecification" in own);
    expect(streamed.map(({ logicalId }) => spokenName(logicalId))).toEqual([
      "StockTable",
      "ReservationsTable",
    ]);
    for (const table of streamed) {
      expect(table.properties).toMatchObject({
        StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
      });
    }
  });

  test("vanish with the stack when that was asked for", () => {
    const passing = synthesize({ removalPolicy: RemovalPolicy.DESTROY });
    for (const table of resourcesOf(passing, "AWS::DynamoDB::Table")) {
      expect(table.deletionPolicy).toBe("Delete");
      expect(table.properties).toMatchObject({ DeletionProtectionEnabled: false });
    }
  });
});

const key = (...attributes: string[]) =>
  attributes.map((AttributeName, position) => ({
    AttributeName,
    KeyType: position === 0 ? "HASH" : "RANGE",
  }));

describe("the keys", () => {
  test("Stock has a record per SKU", () => {
    expect(properties("StockTable")).toMatchObject({
      KeySchema: key("sku"),
      AttributeDefinitions: [{ AttributeName: "sku", AttributeType: "S" }],
    });
    expect(properties("StockTable")).not.toHaveProperty("GlobalSecondaryIndexes");
  });

  test("Reservations are found by id, by expiry with their SKUs, and by order", () => {
    expect(properties("ReservationsTable")).toMatchObject({
      KeySchema: key("reservationId"),
      GlobalSecondaryIndexes: [
        {
          IndexName: "byExpiry",
          KeySchema: key("expiryShard", "expiresAtMs"),
          Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["skus"] },
        },
        {
          IndexName: "byOrder",
          KeySchema: key("orderId", "createdAtMs"),
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      ],
    });
    expect(properties("ReservationsTable")?.["AttributeDefinitions"]).toEqual(
      expect.arrayContaining([
        { AttributeName: "reservationId", AttributeType: "S" },
        { AttributeName: "expiryShard", AttributeType: "N" },
        { AttributeName: "expiresAtMs", AttributeType: "N" },
        { AttributeName: "orderId", AttributeType: "S" },
        { AttributeName: "createdAtMs", AttributeType: "N" },
      ]),
    );
  });

  test("no index carries metadata, so that a transition does not pay for it", () => {
    const { GlobalSecondaryIndexes: indexes } = properties("ReservationsTable") as {
      GlobalSecondaryIndexes: { Projection: { NonKeyAttributes?: string[] } }[];
    };
    const carried = indexes.flatMap(({ Projection }) => Projection.NonKeyAttributes ?? []);
    expect(carried).toEqual(["skus"]);
    expect(JSON.stringify(indexes)).not.toContain("ALL");
  });

  test("Movements are listed per SKU in the order of its versions, whole", () => {
    expect(properties("MovementsTable")).toMatchObject({
      KeySchema: key("movementId"),
      GlobalSecondaryIndexes: [
        {
          IndexName: "bySku",
          KeySchema: key("sku", "version"),
          Projection: { ProjectionType: "ALL" },
        },
      ],
    });
    expect(properties("MovementsTable")?.["AttributeDefinitions"]).toEqual(
      expect.arrayContaining([
        { AttributeName: "sku", AttributeType: "S" },
        { AttributeName: "version", AttributeType: "N" },
      ]),
    );
  });

  test("Locks has a record per name", () => {
    expect(properties("LocksTable")).toMatchObject({
      KeySchema: key("lockName"),
      AttributeDefinitions: [{ AttributeName: "lockName", AttributeType: "S" }],
    });
  });

  test("ended reservations and idle locks are removed with time: stock and ledger never are", () => {
    expect(properties("LocksTable")).toMatchObject({
      TimeToLiveSpecification: { AttributeName: "ttlSeconds", Enabled: true },
    });
    expect(properties("ReservationsTable")).toMatchObject({
      TimeToLiveSpecification: { AttributeName: "ttlSeconds", Enabled: true },
    });
    expect(properties("StockTable")).not.toHaveProperty("TimeToLiveSpecification");
    expect(properties("MovementsTable")).not.toHaveProperty("TimeToLiveSpecification");
  });
});

describe("with a key of one's own", () => {
  const mine = Template.fromStack(createStackWithKey());

  test("every table is encrypted under it", () => {
    for (const table of resourcesOf(mine, "AWS::DynamoDB::Table")) {
      expect(table.properties).toMatchObject({
        SSESpecification: {
          SSEEnabled: true,
          SSEType: "KMS",
          KMSMasterKeyId: { "Fn::GetAtt": [expect.stringMatching(/^OwnKey/), "Arn"] },
        },
      });
    }
  });

  /** What a function may do with the key. */
  const keyActions = (functionName: string) => {
    const policies = resourcesOf(mine, "AWS::IAM::Policy") as unknown as {
      logicalId: string;
      properties: { PolicyDocument: { Statement: { Action: string | string[] }[] } };
    }[];
    return policies
      .filter(({ logicalId }) => spokenName(logicalId).startsWith(functionName))
      .flatMap(({ properties: { PolicyDocument } }) => PolicyDocument.Statement)
      .flatMap(({ Action }) => Action)
      .filter((action) => action.startsWith("kms:"));
  };

  test.each(
    ["Reserve", "Reservations", "Stock", "Publish", "Ledger", "Orders", "Notify"].map(
      (name) => `${name}Function`,
    ),
  )("%s may use the key, by no wildcard", (functionName) => {
    expect(keyActions(functionName)).toContain("kms:Decrypt");
    expect(keyActions(functionName).join(" ")).not.toContain("*");
  });

  test("a function without tables and queues may not use the key", () => {
    expect(keyActions("ServiceFunction")).toEqual([]);
  });
});

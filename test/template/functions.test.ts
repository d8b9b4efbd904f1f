import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import {
  auditTimeoutSeconds,
  expiryPartitionsDefault,
  functionTimeoutSeconds,
  queueTimeoutSeconds,
  retentionDaysDefault,
  streamTimeoutSeconds,
  sweepTimeoutSeconds,
} from "../../contract/bounds.ts";
import packageJson from "../../package.json" with { type: "json" };
import { resourcesOf, spoken, spokenName, synthesize } from "./synthesize.ts";

const template = synthesize();
const functions = resourcesOf(template, "AWS::Lambda::Function").map((resource) => ({
  name: spokenName(resource.logicalId),
  properties: resource.properties,
}));

/** The variables of a function, each as text. */
const variables = (of: typeof functions, name: string): Record<string, string> => {
  const found = of.find((one) => one.name === name);
  const environment = found?.properties["Environment"] as
    { Variables: Record<string, unknown> } | undefined;
  return Object.fromEntries(
    Object.entries(environment?.Variables ?? {}).map(([key, value]) => [key, spoken(value)]),
  );
};

describe("the functions", () => {
  test("are grouped by what they may touch, and CDK adds none of its own", () => {
    expect(functions.map(({ name }) => name)).toEqual([
      "ReserveFunction",
      "ReservationsFunction",
      "StockFunction",
      "SweepFunction",
      "AuditFunction",
      "PublishFunction",
      "LedgerFunction",
      "SettleFunction",
      "OrdersFunction",
      "NotifyFunction",
      "ServiceFunction",
    ]);
  });

  test.each(functions)("$name runs on Node.js 24 and arm64", ({ properties }) => {
    expect(properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
  });

  test.each(functions)("$name says its timeout and memory", ({ name, properties }) => {
    const own: Record<string, number> = {
      SweepFunction: sweepTimeoutSeconds,
      AuditFunction: auditTimeoutSeconds,
      PublishFunction: streamTimeoutSeconds,
      LedgerFunction: streamTimeoutSeconds,
      SettleFunction: streamTimeoutSeconds,
      OrdersFunction: queueTimeoutSeconds,
      NotifyFunction: queueTimeoutSeconds,
    };
    expect(properties).toMatchObject({
      Timeout: own[name] ?? functionTimeoutSeconds,
      MemorySize: expect.any(Number) as number,
    });
  });

  test("end before API Gateway stops waiting", () => {
    expect(functionTimeoutSeconds).toBeLessThan(30);
  });

  test.each(functions)("$name is traced", ({ properties }) => {
    expect(properties).toMatchObject({ TracingConfig: { Mode: "Active" } });
  });

  test("each log to a group of their own, for one month when nobody says otherwise", () => {
    const groups = functions.map(({ properties }) => {
      const { LogGroup } = properties["LoggingConfig"] as unknown as { LogGroup: unknown };
      return spoken(LogGroup);
    });
    expect(new Set(groups).size).toBe(functions.length);
    for (const group of resourcesOf(template, "AWS::Logs::LogGroup")) {
      expect(group.properties).toMatchObject({ RetentionInDays: 30 });
    }
  });

  test("keep every log for as long as was asked", () => {
    const longer = synthesize({ logRetention: RetentionDays.ONE_YEAR });
    for (const group of resourcesOf(longer, "AWS::Logs::LogGroup")) {
      expect(group.properties).toMatchObject({ RetentionInDays: 365 });
    }
  });
});

describe("the functions' environment", () => {
  const forAll = {
    SERVICE_VERSION: packageJson.version,
    POWERTOOLS_SERVICE_NAME: "holdfast",
    POWERTOOLS_METRICS_NAMESPACE: "Holdfast",
    POWERTOOLS_LOG_LEVEL: "INFO",
  };

  test.each([
    [
      "ReserveFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        LOCKS_TABLE: "LocksTable",
        MULTI_ITEM_STRATEGY: "optimistic",
        REFUSAL_MEMORY_MS: "0",
      },
    ],
    [
      "SweepFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
      },
    ],
    [
      "AuditFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        LOCKS_TABLE: "LocksTable",
        MOVEMENTS_TABLE: "MovementsTable",
        FULFILL_ON_CONFIRM: "false",
      },
    ],
    [
      "PublishFunction",
      {
        INVENTORY_EVENTS_TOPIC: "InventoryEvents",
        EVENT_SOURCE: "urn:holdfast:Holdfast:Holdfast",
        LOW_STOCK_THRESHOLD: "0",
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        MOVEMENTS_TABLE: "MovementsTable",
        DEAD_LETTER_QUEUE_URL: "StreamDeadLetters",
      },
    ],
    [
      "LedgerFunction",
      { MOVEMENTS_TABLE: "MovementsTable", DEAD_LETTER_QUEUE_URL: "StreamDeadLetters" },
    ],
    [
      "SettleFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        FULFILL_ON_CONFIRM: "false",
        DEAD_LETTER_QUEUE_URL: "StreamDeadLetters",
      },
    ],
    [
      "OrdersFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        LOCKS_TABLE: "LocksTable",
        MULTI_ITEM_STRATEGY: "optimistic",
        REFUSAL_MEMORY_MS: "0",
        LATE_ORDER_PAYMENT: "reacquire",
        QUEUE_URL: "OrdersQueue",
        DEAD_LETTER_QUEUE_URL: "OrdersDeadLetters",
      },
    ],
    [
      "NotifyFunction",
      {
        LOCKS_TABLE: "LocksTable",
        QUEUE_URL: "NotificationsQueue",
        DEAD_LETTER_QUEUE_URL: "NotificationsDeadLetters",
        NOTIFICATION_CHANNEL: "log",
        UPSTASH_REDIS_REST_URL: "",
      },
    ],
    [
      "ReservationsFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        LOCKS_TABLE: "LocksTable",
        MULTI_ITEM_STRATEGY: "optimistic",
        REFUSAL_MEMORY_MS: "0",
      },
    ],
    [
      "StockFunction",
      {
        STOCK_TABLE: "StockTable",
        RESERVATIONS_TABLE: "ReservationsTable",
        EXPIRY_PARTITIONS: String(expiryPartitionsDefault),
        RETENTION_DAYS: String(retentionDaysDefault),
        MOVEMENTS_TABLE: "MovementsTable",
      },
    ],
    ["ServiceFunction", {}],
  ])("%s is told of its tables, queues and topics, and nothing else", (name, own) => {
    expect(variables(functions, name)).toEqual({ ...own, ...forAll });
  });

  test("carries what the owner of the construct chose", () => {
    const chosen = resourcesOf(
      synthesize({
        retentionDays: 7,
        multiItemStrategy: "leased",
        expiryPartitions: 128,
        refusalMemoryMs: 50,
        fulfillOnConfirm: true,
        lateOrderPayment: "dead-letter",
        logLevel: "DEBUG",
        serviceVersion: "9.9.9",
        lowStockThreshold: 5,
      }),
      "AWS::Lambda::Function",
    ).map(({ logicalId, properties }) => ({ name: spokenName(logicalId), properties }));
    expect(variables(chosen, "ReservationsFunction")).toMatchObject({
      RETENTION_DAYS: "7",
      POWERTOOLS_LOG_LEVEL: "DEBUG",
      SERVICE_VERSION: "9.9.9",
    });
    for (const name of ["ReserveFunction", "ReservationsFunction", "OrdersFunction"]) {
      expect(variables(chosen, name)).toMatchObject({
        MULTI_ITEM_STRATEGY: "leased",
        REFUSAL_MEMORY_MS: "50",
      });
    }
    for (const name of ["SettleFunction", "AuditFunction"]) {
      expect(variables(chosen, name)).toMatchObject({ FULFILL_ON_CONFIRM: "true" });
    }
    expect(variables(chosen, "OrdersFunction")).toMatchObject({
      LATE_ORDER_PAYMENT: "dead-letter",
    });
    for (const { name } of functions) {
      const { RESERVATIONS_TABLE, EXPIRY_PARTITIONS } = variables(chosen, name);
      expect([name, EXPIRY_PARTITIONS]).toEqual([name, RESERVATIONS_TABLE && "128"]);
    }
    expect(variables(chosen, "PublishFunction")).toMatchObject({ LOW_STOCK_THRESHOLD: "5" });
  });
});

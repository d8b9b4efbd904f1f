/**
 * The functions: what each is for, which tables and queues it is told of and what it may do to them.
 * This table is the whole of their permissions on data.
 */
import { Stack } from "aws-cdk-lib";
import type { CfnTable, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import {
  auditTimeoutSeconds,
  queueTimeoutSeconds,
  streamTimeoutSeconds,
  sweepTimeoutSeconds,
} from "../contract/bounds.ts";
import { environment } from "../contract/environment.ts";
import type { EventFunctionName } from "../contract/event-sources.ts";
import type { FunctionName } from "../contract/routes.ts";
import type { ScheduledFunctionName } from "../contract/schedules.ts";
import { movementsTable, type MultiItemStrategy, reservationsTable } from "../contract/tables.ts";
import type { Duty, Grant } from "./bundled-function.ts";
import type { FedQueue, Messaging } from "./messaging.ts";
import { type Notifications, notificationGrants, notificationVariables } from "./notifications.ts";
import type { Tables } from "./tables.ts";

/** What answers a route, and what a schedule, a stream or a queue calls. */
export type AnyFunctionName = FunctionName | ScheduledFunctionName | EventFunctionName;

/** What the functions work on, and what the stack has decided for them. */
export interface DutiesProps {
  tables: Tables;
  retentionDays: number;
  multiItemStrategy: MultiItemStrategy;
  messaging: Messaging;
  notifications: Notifications;
  /** What the events name as their source. */
  eventSource: string;
  /** Of SKUs that have none of their own; 0 for never. */
  lowStockThreshold: number;
}

const logicalIdOf = (table: Table): string =>
  Stack.of(table).getLogicalId(table.node.defaultChild as CfnTable);

/** What reading a stream takes, on the part of the function. */
const readStreamOf = (table: Table): Grant[] => [
  {
    actions: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
    resourceArn: table.tableStreamArn!,
  },
  {
    actions: ["dynamodb:ListStreams"],
    resourceArn: `${table.tableArn}/stream/*`,
    wildcard: {
      finding: `Resource::<${logicalIdOf(table)}.Arn>/stream/*`,
      reason:
        "Lambda lists a table's streams to read one, and IAM knows no single stream for that.",
    },
  },
];

/** What a queue that feeds a function asks of it, and where it puts aside what it cannot use. */
const fedBy = ({ queue, deadLetters }: FedQueue) => ({
  variables: {
    [environment.queue]: queue.queueUrl,
    [environment.deadLetterQueue]: deadLetters.queueUrl,
  },
  grants: [
    {
      actions: [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueAttributes",
      ],
      resourceArn: queue.queueArn,
    },
    { actions: ["sqs:SendMessage"], resourceArn: deadLetters.queueArn },
  ],
});

/**
 * A transaction is authorized as the single writes that it is made of, so that there is no action
 * for `TransactWriteItems` here; the old item that a failed condition returns needs none either.
 */
export const dutiesOver = (
  scope: Construct,
  {
    tables,
    retentionDays,
    multiItemStrategy,
    messaging,
    notifications,
    eventSource,
    lowStockThreshold,
  }: DutiesProps,
): Record<AnyFunctionName, Duty> => {
  const { stock, reservations, movements, locks } = tables;
  const locksTableName = { [environment.locksTable]: locks.tableName };
  const retention = { [environment.retentionDays]: String(retentionDays) };
  const stockTable = { [environment.stockTable]: stock.tableName };
  const reservationsTableName = { [environment.reservationsTable]: reservations.tableName };
  const indexArn = (index: keyof typeof reservationsTable & `by${string}`) =>
    `${reservations.tableArn}/index/${reservationsTable[index].indexName}`;

  const movementsTableName = { [environment.movementsTable]: movements.tableName };
  const movementsBySkuArn = `${movements.tableArn}/index/${movementsTable.bySku.indexName}`;

  const reserving = {
    variables: {
      ...stockTable,
      ...reservationsTableName,
      ...retention,
      ...locksTableName,
      [environment.multiItemStrategy]: multiItemStrategy,
    },
    grants: [
      { actions: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem"], resourceArn: stock.tableArn },
      {
        // An order of many lines is read, carried on and, where it falls short, removed again.
        actions: [
          "dynamodb:PutItem",
          "dynamodb:GetItem",
          "dynamodb:BatchGetItem",
          "dynamodb:UpdateItem",
          "dynamodb:DeleteItem",
        ],
        resourceArn: reservations.tableArn,
      },
      { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
      { actions: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem"], resourceArn: locks.tableArn },
    ],
  };

  const { streamDeadLetters } = messaging;
  const putAside = { actions: ["sqs:SendMessage"], resourceArn: streamDeadLetters.queueArn };
  const putAsideTo = { [environment.deadLetterQueue]: streamDeadLetters.queueUrl };
  const orderQueue = fedBy(messaging.orders);
  const notificationQueue = fedBy(messaging.notifications);

  return {
    reserve: {
      description: "Reserves stock: the hot path",
      // More memory is more processor: parsing, signing and TLS are what this path waits for.
      memoryMiB: 1024,
      ...reserving,
    },
    reservations: {
      description: "Reads, confirms, releases and extends reservations",
      memoryMiB: 512,
      variables: {
        ...stockTable,
        ...reservationsTableName,
        ...retention,
      },
      grants: [
        {
          actions: [
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
          ],
          resourceArn: reservations.tableArn,
        },
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byOrder") },
        { actions: ["dynamodb:UpdateItem"], resourceArn: stock.tableArn },
      ],
    },
    stock: {
      description: "Sets, reads and adjusts stock",
      memoryMiB: 512,
      variables: { ...stockTable, ...movementsTableName },
      grants: [
        {
          actions: ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan"],
          resourceArn: stock.tableArn,
        },
        { actions: ["dynamodb:PutItem", "dynamodb:GetItem"], resourceArn: movements.tableArn },
        { actions: ["dynamodb:Query"], resourceArn: movementsBySkuArn },
      ],
    },
    sweep: {
      description: "Gives dead holds back, every minute",
      memoryMiB: 512,
      timeoutSeconds: sweepTimeoutSeconds,
      variables: { ...stockTable, ...reservationsTableName, ...retention },
      grants: [
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
        {
          actions: [
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
          ],
          resourceArn: reservations.tableArn,
        },
        { actions: ["dynamodb:UpdateItem"], resourceArn: stock.tableArn },
      ],
    },
    audit: {
      description: "Checks the invariants of the tables, every day",
      memoryMiB: 512,
      timeoutSeconds: auditTimeoutSeconds,
      variables: {
        ...stockTable,
        ...reservationsTableName,
        ...locksTableName,
        ...movementsTableName,
      },
      grants: [
        { actions: ["dynamodb:Scan", "dynamodb:GetItem"], resourceArn: stock.tableArn },
        {
          actions: ["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem"],
          resourceArn: reservations.tableArn,
        },
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
        { actions: ["dynamodb:Scan"], resourceArn: locks.tableArn },
        { actions: ["dynamodb:Scan"], resourceArn: movements.tableArn },
        { actions: ["dynamodb:Query"], resourceArn: movementsBySkuArn },
      ],
    },
    publish: {
      description: "Tells the world what was committed, off the streams",
      memoryMiB: 512,
      timeoutSeconds: streamTimeoutSeconds,
      variables: {
        [environment.inventoryEventsTopic]: messaging.inventoryEvents.topicArn,
        [environment.eventSource]: eventSource,
        [environment.lowStockThreshold]: String(lowStockThreshold),
        ...putAsideTo,
      },
      grants: [
        ...readStreamOf(stock),
        ...readStreamOf(reservations),
        { actions: ["sns:Publish"], resourceArn: messaging.inventoryEvents.topicArn },
        putAside,
      ],
    },
    ledger: {
      description: "Writes the ledger, off the stream of the stock",
      memoryMiB: 512,
      timeoutSeconds: streamTimeoutSeconds,
      variables: { ...movementsTableName, ...putAsideTo },
      grants: [
        ...readStreamOf(stock),
        { actions: ["dynamodb:BatchWriteItem"], resourceArn: movements.tableArn },
        putAside,
      ],
    },
    orders: {
      description: "Acts on the shop's order events",
      memoryMiB: 512,
      timeoutSeconds: queueTimeoutSeconds,
      variables: { ...reserving.variables, ...orderQueue.variables },
      grants: [
        ...reserving.grants,
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byOrder") },
        ...orderQueue.grants,
      ],
    },
    notify: {
      description: "Tells people of what happened, once",
      memoryMiB: 512,
      timeoutSeconds: queueTimeoutSeconds,
      variables: {
        ...locksTableName,
        ...notificationQueue.variables,
        ...notificationVariables(notifications),
      },
      grants: [
        { actions: ["dynamodb:UpdateItem", "dynamodb:DeleteItem"], resourceArn: locks.tableArn },
        ...notificationQueue.grants,
        ...notificationGrants(scope, notifications),
      ],
    },
    service: {
      description: "Health, the OpenAPI document and every unknown route",
      memoryMiB: 256,
      variables: {},
      grants: [],
    },
  };
};

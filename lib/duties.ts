/**
 * The functions: the purpose of each, the tables and queues that it is given, and its rights on them.
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
import * as environment from "../contract/environment.ts";
import type { LateOrderPayment } from "../contract/settings.ts";
import type { EventFunctionName } from "../contract/event-sources.ts";
import type { FunctionName } from "../contract/routes.ts";
import type { ScheduledFunctionName } from "../contract/schedules.ts";
import { movementsTable, type MultiItemStrategy, reservationsTable } from "../contract/tables.ts";
import type { Duty, Grant } from "./bundled-function.ts";
import type { FedQueue, Messaging } from "./messaging.ts";
import { type Notifications, notificationGrants, notificationVariables } from "./notifications.ts";
import type { Tables } from "./tables.ts";

/** Functions that answer routes, and those that a schedule, a stream or a queue invokes. */
export type AnyFunctionName = FunctionName | ScheduledFunctionName | EventFunctionName;

/** The resources of the functions, and the settings of the stack. */
export interface DutiesProps {
  tables: Tables;
  retentionDays: number;
  /** Partitions of the index `byExpiry`. */
  expiryPartitions: number;
  /** The maximum age of a refusal for too few units, in milliseconds. */
  refusalMemoryMs: number;
  /** True when sold units leave `onHand` soon after the confirm. */
  fulfillOnConfirm: boolean;
  lateOrderPayment: LateOrderPayment;
  multiItemStrategy: MultiItemStrategy;
  messaging: Messaging;
  notifications: Notifications;
  /** The source that the events name. */
  eventSource: string;
  /** For SKUs that have none of their own; 0 for never. */
  lowStockThreshold: number;
}

const logicalIdOf = (table: Table): string =>
  Stack.of(table).getLogicalId(table.node.defaultChild as CfnTable);

/** The rights of a function that reads a stream. */
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

/** The rights on a queue that feeds a function, and on its dead-letter queue. */
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

/** The old item that a failed condition returns needs no right of its own. */
export const dutiesOver = (
  scope: Construct,
  {
    tables,
    retentionDays,
    expiryPartitions,
    refusalMemoryMs,
    fulfillOnConfirm,
    lateOrderPayment,
    multiItemStrategy,
    messaging,
    notifications,
    eventSource,
    lowStockThreshold,
  }: DutiesProps,
): Record<AnyFunctionName, Duty> => {
  const { stock, reservations, movements, locks } = tables;
  const locksTableName = { [environment.locksTable]: locks.tableName };
  const refusals = { [environment.refusalMemoryMs]: String(refusalMemoryMs) };
  const fulfillment = { [environment.fulfillOnConfirm]: String(fulfillOnConfirm) };
  const stockTable = { [environment.stockTable]: stock.tableName };
  const reservationsTableName = {
    [environment.reservationsTable]: reservations.tableName,
    [environment.retentionDays]: String(retentionDays),
    [environment.expiryPartitions]: String(expiryPartitions),
  };
  const indexArn = (index: keyof typeof reservationsTable & `by${string}`) =>
    `${reservations.tableArn}/index/${reservationsTable[index].indexName}`;

  const movementsTableName = { [environment.movementsTable]: movements.tableName };
  const movementsBySkuArn = `${movements.tableArn}/index/${movementsTable.bySku.indexName}`;

  /** A request decides markers that others left, and ends holds that are dead. */
  const deciding = [
    { actions: ["dynamodb:GetItem", "dynamodb:UpdateItem"], resourceArn: stock.tableArn },
    {
      actions: [
        "dynamodb:PutItem",
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:UpdateItem",
      ],
      resourceArn: reservations.tableArn,
    },
    { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
  ];

  /** Ends of reservations need no search for others. */
  const ending = deciding.slice(0, 2);

  /** The rows of a level are read together, added and merged. */
  const spreading = {
    actions: ["dynamodb:BatchGetItem", "dynamodb:PutItem"],
    resourceArn: stock.tableArn,
  };

  const reserving = {
    variables: {
      ...stockTable,
      ...reservationsTableName,
      ...refusals,
      ...locksTableName,
      [environment.multiItemStrategy]: multiItemStrategy,
    },
    grants: [
      ...deciding,
      spreading,
      { actions: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem"], resourceArn: locks.tableArn },
    ],
  };

  const { streamDeadLetters } = messaging;
  const deadLettering = { actions: ["sqs:SendMessage"], resourceArn: streamDeadLetters.queueArn };
  const deadLettersTo = { [environment.deadLetterQueue]: streamDeadLetters.queueUrl };
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
      description: "Reads reservations, and changes them through their life",
      memoryMiB: 512,
      variables: reserving.variables,
      // A hold that is changed, and one that is confirmed late, may take more units.
      grants: [
        ...reserving.grants,
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byOrder") },
      ],
    },
    stock: {
      description: "Sets, reads and adjusts stock, lists its holds, and keeps the sales channels",
      memoryMiB: 512,
      variables: { ...stockTable, ...reservationsTableName, ...movementsTableName },
      grants: [
        // Includes the index and the records, from which the holds of a SKU are listed.
        ...deciding,
        // The first count of a SKU creates its row, and the first channel the record of all.
        spreading,
        { actions: ["dynamodb:Scan"], resourceArn: stock.tableArn },
        { actions: ["dynamodb:Query"], resourceArn: movementsBySkuArn },
      ],
    },
    sweep: {
      description: "Gives dead holds back, every minute",
      memoryMiB: 512,
      timeoutSeconds: sweepTimeoutSeconds,
      variables: { ...stockTable, ...reservationsTableName },
      grants: [
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
        ...ending,
        {
          actions: ["dynamodb:Scan", "dynamodb:BatchGetItem", "dynamodb:PutItem"],
          resourceArn: stock.tableArn,
        },
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
        ...fulfillment,
      },
      grants: [
        ...[stock, reservations].map(({ tableArn: resourceArn }) => ({
          actions: ["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem"],
          resourceArn,
        })),
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
        { actions: ["dynamodb:Scan"], resourceArn: locks.tableArn },
        { actions: ["dynamodb:Scan"], resourceArn: movements.tableArn },
        { actions: ["dynamodb:Query"], resourceArn: movementsBySkuArn },
      ],
    },
    publish: {
      description: "Publishes committed changes as events, from the streams",
      memoryMiB: 512,
      timeoutSeconds: streamTimeoutSeconds,
      variables: {
        [environment.inventoryEventsTopic]: messaging.inventoryEvents.topicArn,
        [environment.eventSource]: eventSource,
        [environment.lowStockThreshold]: String(lowStockThreshold),
        ...stockTable,
        ...reservationsTableName,
        ...movementsTableName,
        ...deadLettersTo,
      },
      grants: [
        ...readStreamOf(stock),
        ...readStreamOf(reservations),
        // The levels of several rows, and the units on their way between these.
        {
          actions: ["dynamodb:GetItem", "dynamodb:BatchGetItem"],
          resourceArn: stock.tableArn,
        },
        { actions: ["dynamodb:BatchGetItem"], resourceArn: reservations.tableArn },
        // The reservations at risk, after a count that left a shortfall.
        { actions: ["dynamodb:Query"], resourceArn: movementsBySkuArn },
        { actions: ["sns:Publish"], resourceArn: messaging.inventoryEvents.topicArn },
        deadLettering,
      ],
    },
    ledger: {
      description: "Writes the ledger, from the stream of the stock",
      memoryMiB: 512,
      timeoutSeconds: streamTimeoutSeconds,
      variables: { ...movementsTableName, ...deadLettersTo },
      grants: [
        ...readStreamOf(stock),
        { actions: ["dynamodb:BatchWriteItem"], resourceArn: movements.tableArn },
        deadLettering,
      ],
    },
    settle: {
      description: "Takes sold units off the stock, from the stream of the reservations",
      memoryMiB: 512,
      timeoutSeconds: streamTimeoutSeconds,
      variables: {
        ...stockTable,
        ...reservationsTableName,
        ...fulfillment,
        ...deadLettersTo,
      },
      grants: [...readStreamOf(reservations), ...ending, deadLettering],
    },
    orders: {
      description: "Acts on the shop's order events",
      memoryMiB: 512,
      timeoutSeconds: queueTimeoutSeconds,
      variables: {
        ...reserving.variables,
        ...orderQueue.variables,
        [environment.lateOrderPayment]: lateOrderPayment,
      },
      grants: [...reserving.grants, ...orderQueue.grants],
    },
    notify: {
      description: "Notifies people, once for each event",
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

/** The sources that invoke functions besides routes and schedules: the streams, and the queues. */
import { Duration } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { EventSourceMapping, type IFunction, StartingPosition } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import {
  queueBatchSize,
  streamBatchSize,
  streamRecordHoursMax,
  streamRetriesMax,
} from "../contract/bounds.ts";
import type { EventFunctionName } from "../contract/event-sources.ts";
import type { Messaging } from "./messaging.ts";
import type { Tables } from "./tables.ts";

export interface EventSourcesProps {
  functions: Record<EventFunctionName, IFunction>;
  tables: Tables;
  messaging: Messaging;
  /** False switches the function settle off: it has nothing to do. */
  fulfillOnConfirm: boolean;
}

/** Batches of one shard at a time; the changes of one record stay in order. */
const streamParallelism = 4;

export const createEventSources = (
  scope: Construct,
  { functions, tables, messaging, fulfillOnConfirm }: EventSourcesProps,
): void => {
  const readStream = (id: string, table: Table, target: IFunction, enabled = true) =>
    new EventSourceMapping(scope, id, {
      eventSourceArn: table.tableStreamArn!,
      target,
      ...(!enabled && { enabled }),
      // A new stack reads its streams from their beginning.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: streamBatchSize,
      parallelizationFactor: streamParallelism,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      retryAttempts: streamRetriesMax,
      maxRecordAge: Duration.hours(streamRecordHoursMax),
      // The right to send to it is among the function's duties.
      onFailure: { bind: () => ({ destination: messaging.streamDeadLetters.queueArn }) },
    });
  const readQueue = (id: string, queue: Queue, target: IFunction) =>
    new EventSourceMapping(scope, id, {
      eventSourceArn: queue.queueArn,
      target,
      batchSize: queueBatchSize,
      reportBatchItemFailures: true,
    });

  readStream("PublishStock", tables.stock, functions.publish);
  readStream("PublishReservations", tables.reservations, functions.publish);
  readStream("LedgerOfStock", tables.stock, functions.ledger);
  readStream("SettleReservations", tables.reservations, functions.settle, fulfillOnConfirm);
  readQueue("HearOrders", messaging.orders.queue, functions.orders);
  readQueue("HearNotifications", messaging.notifications.queue, functions.notify);
};

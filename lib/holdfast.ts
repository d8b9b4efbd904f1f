/**
 * Holdfast as one construct: tables, functions and the HTTP API in front of them, to be put into any
 * stack, more than once if need be. It gives nothing a physical name, and it refuses to know what
 * the functions do: it names their files and hands them tables, no more.
 * Read next: tables.ts, functions.ts, api.ts; holdfast-stack.ts is the stack that `cdk deploy` ships.
 */
import { RemovalPolicy, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { expiryPartitionsDefault, retentionDaysDefault } from "../contract/bounds.ts";
import type { LateOrderPayment } from "../contract/settings.ts";
import type { MultiItemStrategy } from "../contract/tables.ts";
import { createApi, type Throttle } from "./api.ts";
import type { Authorization } from "./authorization.ts";
import type { AnyFunctionName } from "./duties.ts";
import { createFunctions, type LogLevel } from "./functions.ts";
import { createAlarms } from "./alarms.ts";
import { createEventSources } from "./event-sources.ts";
import { createMessaging, type Messaging } from "./messaging.ts";
import { type Notifications, notificationTypesDefault } from "./notifications.ts";
import { createSchedules } from "./schedules.ts";
import { createTables, type Tables } from "./tables.ts";

/** What the API lets through when nobody says otherwise. Why these: docs/operations.md. */
export const throttleDefault: Throttle = { ratePerSecond: 1_000, burst: 2_000 };

export interface HoldfastProps {
  /** Who may call the API. IAM when absent; `/v1/health` is open always. */
  authorization?: Authorization;
  /** Requests of all callers together, before API Gateway answers 429. 1,000 a second when absent. */
  throttle?: Throttle;
  /** How long the record of an ended reservation is kept, in days. 30 when absent. */
  retentionDays?: number;
  /**
   * Partitions of the index by which holds expire. Each carries 500 holds a second: 16 when absent. The
   * number of a stack that has holds is not changed: holds in partitions past a smaller number would not
   * expire.
   */
  expiryPartitions?: number;
  /** The maximum age of a refusal for too few units, in milliseconds, up to 200. 0, strict, when absent. */
  refusalMemoryMs?: number;
  /**
   * Takes sold units off `onHand` soon after the confirm, for shops that hand goods over at the sale. False
   * when absent: they stay reserved until they are fulfilled.
   */
  fulfillOnConfirm?: boolean;
  /**
   * What becomes of a payment of an order whose hold has expired: `reacquire` (when absent) takes its units
   * again where they are there, `dead-letter` never. Other payments go to the dead-letter queue.
   */
  lateOrderPayment?: LateOrderPayment;
  /**
   * The way in which orders of several lines are written: `leased` takes leases on their SKUs always, `optimistic`
   * (when absent) as soon as they are in each other's way.
   */
  multiItemStrategy?: MultiItemStrategy;
  /** Your own key for the tables. The key that AWS manages for DynamoDB when absent. */
  encryptionKey?: IKey;
  /**
   * What becomes of tables and logs when the construct goes. `RETAIN` when absent, which protects
   * the tables against deletion by any means; with `DESTROY` they vanish with the stack.
   */
  removalPolicy?: RemovalPolicy;
  /** How long CloudWatch keeps the logs of the functions and of the API. One month when absent. */
  logRetention?: RetentionDays;
  /** The least that the functions log. INFO when absent. */
  logLevel?: LogLevel;
  /** The shop's own topic of order events. One is created when absent: docs/operations.md. */
  orderEventsTopicArn?: string;
  /** At so many available units a SKU that names no threshold itself is low. 0, never, when absent. */
  lowStockThreshold?: number;
  /** Who is told of what happened. Confirmed and expired reservations are logged when absent. */
  notifications?: Notifications;
  /** The topic that is told of every alarm. */
  alarmTopicArn?: string;
  /** What `/v1/health` and the log lines call this version. That of package.json when absent. */
  serviceVersion?: string;
}

export class Holdfast extends Construct {
  readonly tables: Tables;
  readonly functions: Readonly<Record<AnyFunctionName, NodejsFunction>>;
  readonly messaging: Messaging;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: HoldfastProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const logs = { retention: props.logRetention ?? RetentionDays.ONE_MONTH, removalPolicy };
    const { encryptionKey } = props;

    const { notifications = {}, alarmTopicArn, orderEventsTopicArn } = props;
    const { fulfillOnConfirm = false } = props;

    this.tables = createTables(this, { removalPolicy, ...(encryptionKey && { encryptionKey }) });
    this.messaging = createMessaging(this, {
      removalPolicy,
      notificationTypes: notifications.types ?? notificationTypesDefault,
      ...(encryptionKey && { encryptionKey }),
      ...(orderEventsTopicArn !== undefined && { orderEventsTopicArn }),
    });
    this.functions = createFunctions(this, {
      tables: this.tables,
      logs,
      logLevel: props.logLevel ?? "INFO",
      retentionDays: props.retentionDays ?? retentionDaysDefault,
      expiryPartitions: props.expiryPartitions ?? expiryPartitionsDefault,
      refusalMemoryMs: props.refusalMemoryMs ?? 0,
      fulfillOnConfirm,
      lateOrderPayment: props.lateOrderPayment ?? "reacquire",
      multiItemStrategy: props.multiItemStrategy ?? "optimistic",
      messaging: this.messaging,
      notifications,
      eventSource: `urn:holdfast:${Stack.of(this).stackName}:${id}`,
      lowStockThreshold: props.lowStockThreshold ?? 0,
      ...(props.serviceVersion !== undefined && { serviceVersion: props.serviceVersion }),
    });
    createSchedules(this, this.functions);
    createEventSources(this, {
      functions: this.functions,
      tables: this.tables,
      messaging: this.messaging,
      fulfillOnConfirm,
    });
    createAlarms(this, {
      functions: this.functions,
      messaging: this.messaging,
      ...(alarmTopicArn !== undefined && { alarmTopicArn }),
    });
    this.api = createApi(this, {
      functions: this.functions,
      logs,
      authorization: props.authorization ?? { mode: "iam" },
      throttle: props.throttle ?? throttleDefault,
    });
  }
}

/**
 * The functions: what each is for, which tables it is told of and what it may do to them. The
 * table of duties below is the whole of their permissions on data; how a function is built and
 * bundled is in bundled-function.ts.
 */
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { environment } from "../contract/environment.ts";
import { auditTimeoutSeconds, sweepTimeoutSeconds } from "../contract/bounds.ts";
import type { FunctionName } from "../contract/routes.ts";
import type { ScheduledFunctionName } from "../contract/schedules.ts";
import { type MultiItemStrategy, reservationsTable } from "../contract/tables.ts";
import { type Duty, createBundledFunction } from "./bundled-function.ts";
import type { LogSettings } from "./log-group.ts";
import { packageVersion } from "./package-version.ts";
import type { Tables } from "./tables.ts";

/** What answers a route, and what a schedule calls. */
export type AnyFunctionName = FunctionName | ScheduledFunctionName;

export type LogLevel = "DEBUG" | "INFO" | "WARN" | "ERROR";

export interface FunctionsProps {
  tables: Tables;
  logs: LogSettings;
  logLevel: LogLevel;
  retentionDays: number;
  multiItemStrategy: MultiItemStrategy;
  serviceVersion?: string;
}

/**
 * A transaction is authorized as the single writes that it is made of, so that there is no action
 * for `TransactWriteItems` here; the old item that a failed condition returns needs none either.
 */
const dutiesOver = ({
  tables,
  retentionDays,
  multiItemStrategy,
}: FunctionsProps): Record<AnyFunctionName, Duty> => {
  const { stock, reservations, movements, locks } = tables;
  const locksTableName = { [environment.locksTable]: locks.tableName };
  const retention = { [environment.retentionDays]: String(retentionDays) };
  const stockTable = { [environment.stockTable]: stock.tableName };
  const reservationsTableName = { [environment.reservationsTable]: reservations.tableName };
  const indexArn = (index: keyof typeof reservationsTable & `by${string}`) =>
    `${reservations.tableArn}/index/${reservationsTable[index].indexName}`;

  return {
    reserve: {
      description: "Reserves stock: the hot path",
      // More memory is more processor: parsing, signing and TLS are what this path waits for.
      memoryMiB: 1024,
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
        {
          actions: ["dynamodb:UpdateItem", "dynamodb:BatchGetItem"],
          resourceArn: locks.tableArn,
        },
      ],
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
      variables: { ...stockTable, [environment.movementsTable]: movements.tableName },
      grants: [
        {
          actions: ["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:Scan"],
          resourceArn: stock.tableArn,
        },
        { actions: ["dynamodb:PutItem", "dynamodb:GetItem"], resourceArn: movements.tableArn },
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
      variables: { ...stockTable, ...reservationsTableName, ...locksTableName },
      grants: [
        { actions: ["dynamodb:Scan", "dynamodb:GetItem"], resourceArn: stock.tableArn },
        {
          actions: ["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:BatchGetItem"],
          resourceArn: reservations.tableArn,
        },
        { actions: ["dynamodb:Query"], resourceArn: indexArn("byExpiry") },
        { actions: ["dynamodb:Scan"], resourceArn: locks.tableArn },
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

export const createFunctions = (
  scope: Construct,
  props: FunctionsProps,
): Record<AnyFunctionName, NodejsFunction> => {
  const duties = dutiesOver(props);
  const everyFunctionsVariables = {
    [environment.serviceVersion]: props.serviceVersion ?? packageVersion(),
    POWERTOOLS_SERVICE_NAME: "holdfast",
    POWERTOOLS_METRICS_NAMESPACE: "Holdfast",
    POWERTOOLS_LOG_LEVEL: props.logLevel,
  };
  const encryptionKey = props.tables.stock.encryptionKey;
  const create = (name: AnyFunctionName): NodejsFunction =>
    createBundledFunction(scope, {
      name,
      duty: duties[name],
      logs: props.logs,
      everyFunctionsVariables,
      ...(encryptionKey && { encryptionKey }),
    });
  return {
    reserve: create("reserve"),
    reservations: create("reservations"),
    stock: create("stock"),
    sweep: create("sweep"),
    audit: create("audit"),
    service: create("service"),
  };
};

/**
 * The four tables, with keys and indexes by the names that the engine uses (contract/tables.ts).
 * They live in one region each: the counts are right because every write meets its condition in one
 * place, and a replica that accepts writes would undo that (docs/decisions/0001).
 */
import { RemovalPolicy } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
} from "aws-cdk-lib/aws-dynamodb";
import { TableEncryption, type TableProps } from "aws-cdk-lib/aws-dynamodb";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import {
  changeStreams,
  locksTable,
  movementsTable,
  reservationsTable,
  stockTable,
} from "../contract/tables.ts";

export interface Tables {
  readonly stock: Table;
  readonly reservations: Table;
  readonly movements: Table;
  readonly locks: Table;
}

export interface TablesProps {
  removalPolicy: RemovalPolicy;
  encryptionKey?: IKey;
}

const text = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });

export const createTables = (scope: Construct, props: TablesProps): Tables => {
  const { removalPolicy, encryptionKey } = props;
  const createTable = (id: string, partitionKey: string, more: Partial<TableProps> = {}) =>
    new Table(scope, id, {
      partitionKey: text(partitionKey),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
        : { encryption: TableEncryption.AWS_MANAGED }),
      removalPolicy,
      // A retained table is also safe from a hasty hand in the console.
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      ...more,
    });

  const stream = StreamViewType[changeStreams.viewType];
  const stock = createTable("StockTable", stockTable.partitionKey, { stream });

  const reservations = createTable("ReservationsTable", reservationsTable.partitionKey, {
    timeToLiveAttribute: reservationsTable.timeToLiveAttribute,
    stream,
  });
  const { byExpiry, byOrder } = reservationsTable;
  reservations.addGlobalSecondaryIndex({
    indexName: byExpiry.indexName,
    partitionKey: number(byExpiry.partitionKey),
    sortKey: number(byExpiry.sortKey),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: [byExpiry.carries],
  });
  reservations.addGlobalSecondaryIndex({
    indexName: byOrder.indexName,
    partitionKey: text(byOrder.partitionKey),
    sortKey: number(byOrder.sortKey),
    projectionType: ProjectionType.KEYS_ONLY,
  });

  const movements = createTable("MovementsTable", movementsTable.partitionKey);
  const { bySku } = movementsTable;
  movements.addGlobalSecondaryIndex({
    indexName: bySku.indexName,
    partitionKey: text(bySku.partitionKey),
    sortKey: number(bySku.sortKey),
    projectionType: ProjectionType.ALL,
  });

  const locks = createTable("LocksTable", locksTable.partitionKey, {
    timeToLiveAttribute: locksTable.timeToLiveAttribute,
  });

  return { stock, reservations, movements, locks };
};

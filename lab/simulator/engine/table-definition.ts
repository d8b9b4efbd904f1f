/** Tables as the engine takes them, and their translation from the input of `CreateTable`. */
import type { CreateTableCommandInput, KeySchemaElement } from "@aws-sdk/client-dynamodb";

export interface KeyAttribute {
  name: string;
  type: "S" | "N" | "B";
}

export interface KeySchema {
  partitionKey: KeyAttribute;
  sortKey?: KeyAttribute;
}

/** A global secondary index. A list of names projects these besides the keys. */
export interface IndexDefinition extends KeySchema {
  name: string;
  projection: "ALL" | "KEYS_ONLY" | readonly string[];
}

export interface TableDefinition extends KeySchema {
  name: string;
  indexes: readonly IndexDefinition[];
}

type CreateTable = Pick<
  CreateTableCommandInput,
  "KeySchema" | "AttributeDefinitions" | "GlobalSecondaryIndexes"
>;

/** The definition of a table that is described as `CreateTable` and CloudFormation do. */
export const describeTable = (
  name: string,
  { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes }: CreateTable,
): TableDefinition => {
  const types = new Map(
    AttributeDefinitions?.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  );
  const keysOf = (schema: readonly KeySchemaElement[] | undefined): KeySchema => {
    const [partitionKey, sortKey] = (schema ?? []).map(({ AttributeName }) => ({
      name: AttributeName!,
      type: types.get(AttributeName)!,
    }));
    return { partitionKey: partitionKey!, ...(sortKey && { sortKey }) };
  };
  return {
    name,
    ...keysOf(KeySchema),
    indexes: (GlobalSecondaryIndexes ?? []).map((index) => ({
      name: index.IndexName!,
      ...keysOf(index.KeySchema),
      projection:
        index.Projection?.ProjectionType === "INCLUDE"
          ? (index.Projection.NonKeyAttributes ?? [])
          : (index.Projection?.ProjectionType ?? "ALL"),
    })),
  };
};

/** The attributes of a key schema, the partition key first. */
export const keyAttributes = ({ partitionKey, sortKey }: KeySchema): readonly KeyAttribute[] =>
  sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];

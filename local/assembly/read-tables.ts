/** The DynamoDB tables of the template, of both kinds that CDK makes. */
import type {
  AttributeDefinition,
  GlobalSecondaryIndex,
  KeySchemaElement,
  LocalSecondaryIndex,
  StreamViewType,
} from "@aws-sdk/client-dynamodb";
import type { Resolver } from "./intrinsics.ts";

export interface TableDescription {
  logicalId: string;
  name: string;
  keySchema: KeySchemaElement[];
  attributeDefinitions: AttributeDefinition[];
  globalIndexes: GlobalSecondaryIndex[];
  localIndexes: LocalSecondaryIndex[];
  streamViewType?: StreamViewType;
  /** What the template calls its stream; the engine's own has another name. */
  streamArn?: string;
  timeToLiveAttribute?: string;
}

interface TableProperties {
  KeySchema: KeySchemaElement[];
  AttributeDefinitions: AttributeDefinition[];
  GlobalSecondaryIndexes?: GlobalSecondaryIndex[];
  LocalSecondaryIndexes?: LocalSecondaryIndex[];
  StreamSpecification?: { StreamViewType?: StreamViewType };
  TimeToLiveSpecification?: { AttributeName?: string; Enabled: boolean };
}

export const readTables = (resolver: Resolver): TableDescription[] =>
  ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"]
    .flatMap((type) => resolver.idsOf(type))
    .map((logicalId) => {
      const properties = resolver.read<TableProperties>(logicalId, [
        "KeySchema",
        "AttributeDefinitions",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "StreamSpecification",
        "TimeToLiveSpecification",
      ]);
      const timeToLive = properties.TimeToLiveSpecification;
      const streamViewType = properties.StreamSpecification?.StreamViewType;
      return {
        logicalId,
        name: resolver.resolve({ Ref: logicalId }, logicalId) as string,
        keySchema: properties.KeySchema,
        attributeDefinitions: properties.AttributeDefinitions,
        globalIndexes: (properties.GlobalSecondaryIndexes ?? []).map(onlyKeysAndProjection),
        localIndexes: (properties.LocalSecondaryIndexes ?? []).map(onlyKeysAndProjection),
        ...(streamViewType && {
          streamViewType,
          streamArn: resolver.resolve(
            { "Fn::GetAtt": [logicalId, "StreamArn"] },
            logicalId,
          ) as string,
        }),
        ...(timeToLive?.Enabled && { timeToLiveAttribute: timeToLive.AttributeName ?? "" }),
      };
    });

/** Throughput, insights and replicas are AWS's business; engines refuse some of them. */
const onlyKeysAndProjection = ({ IndexName, KeySchema, Projection }: GlobalSecondaryIndex) => ({
  IndexName,
  KeySchema,
  Projection,
});

/** What a stream's poller asks an engine, apart from the records: which stream, and its shards. */
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  type Shard,
} from "@aws-sdk/client-dynamodb-streams";
import { localCredentials, localRegion } from "../local-account.ts";

export interface StreamSource {
  client: DynamoDBStreamsClient;
  /** The engine's own: dynoxide's and DynamoDB Local's have regions of their own. */
  engineStreamArn: string;
  listShards(): Promise<Shard[]>;
  close(): void;
}

export const openStream = async (endpoint: string, tableName: string): Promise<StreamSource> => {
  const options = { endpoint, region: localRegion, credentials: localCredentials };
  const engineStreamArn = await findStream(new DynamoDBClient(options), tableName);
  const client = new DynamoDBStreamsClient(options);
  return {
    client,
    engineStreamArn,
    listShards: async () => {
      const shards: Shard[] = [];
      let last: string | undefined;
      do {
        const page = { StreamArn: engineStreamArn, ExclusiveStartShardId: last };
        const { StreamDescription } = await client.send(new DescribeStreamCommand(page));
        shards.push(...(StreamDescription?.Shards ?? []));
        last = StreamDescription?.LastEvaluatedShardId;
      } while (last !== undefined);
      return shards;
    },
    close: () => client.destroy(),
  };
};

const findStream = async (client: DynamoDBClient, tableName: string): Promise<string> => {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (Table?.LatestStreamArn !== undefined) return Table.LatestStreamArn;
    throw new Error(`The table ${tableName} has no stream.`);
  } finally {
    client.destroy();
  }
};

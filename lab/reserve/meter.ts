/**
 * A proxy between a caller and DynamoDB that counts, for whoever talks through it alike: requests as
 * they are on the wire, retries included, and the capacity units that DynamoDB says they took. It
 * asks for these by adding `ReturnConsumedCapacity` to each request, which only an engine that does
 * not check signatures lets it do. Nothing is timed through it.
 */
import { once } from "node:events";
import { Agent, createServer, request as send, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { listenAnywhere } from "../../local/loopback.ts";

export interface Meter extends AsyncDisposable {
  /** Address of DynamoDB's API, by way of this meter. */
  endpoint: string;
  /** What `work` took, if nobody else calls meanwhile. */
  reading(work: () => Promise<unknown>): Promise<Reading>;
}

export interface Reading {
  requests: number;
  writeUnits: number;
  readUnits: number;
}

interface Consumed {
  ConsumedCapacity?: { CapacityUnits: number } | { CapacityUnits: number }[];
}

const kinds: Record<string, "readUnits" | "writeUnits"> = {
  BatchGetItem: "readUnits",
  GetItem: "readUnits",
  Query: "readUnits",
  Scan: "readUnits",
  DeleteItem: "writeUnits",
  PutItem: "writeUnits",
  TransactWriteItems: "writeUnits",
  UpdateItem: "writeUnits",
};

/**
 * What an app that uses this meter does by itself, after its callers have their answers: it reads the
 * tables' streams and writes the ledger from them. It is in no reading, whoever's turn it is.
 */
const background: ReadonlySet<string> = new Set([
  "BatchWriteItem",
  "DescribeStream",
  "GetRecords",
  "GetShardIterator",
]);

export const startMeter = async (dynamodb: string): Promise<Meter> => {
  const total: Reading = { requests: 0, writeUnits: 0, readUnits: 0 };
  const agent = new Agent({ keepAlive: true });

  const forward = async (incoming: IncomingMessage) => {
    const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1)!;
    const kind = kinds[operation];
    const body = withConsumedCapacity(await text(incoming), kind !== undefined);
    const { "content-length": _, ...headers } = incoming.headers;
    const outgoing = send(dynamodb, { agent, method: "POST", headers, path: incoming.url });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    const answerBody = await text(answer);
    if (!background.has(operation)) total.requests += 1;
    if (kind !== undefined) total[kind] += unitsOf(JSON.parse(answerBody) as Consumed);
    return { status: answer.statusCode!, headers: answer.headers, body: answerBody };
  };

  const server = createServer((incoming, outgoing) => {
    forward(incoming).then(
      ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
      () => outgoing.destroy(),
    );
  });
  return {
    endpoint: await listenAnywhere(server),
    reading: async (work) => {
      const before = { ...total };
      await work();
      return {
        requests: total.requests - before.requests,
        writeUnits: total.writeUnits - before.writeUnits,
        readUnits: total.readUnits - before.readUnits,
      };
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
};

const withConsumedCapacity = (body: string, isCounted: boolean): string =>
  isCounted ? JSON.stringify({ ...JSON.parse(body), ReturnConsumedCapacity: "INDEXES" }) : body;

const unitsOf = ({ ConsumedCapacity: consumed = [] }: Consumed): number =>
  [consumed].flat().reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);

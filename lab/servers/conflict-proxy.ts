/**
 * A DynamoDB endpoint that treats transactions as AWS does, where the engines of this machine do one
 * after the other: a transaction takes its time, and whoever writes one of its items meanwhile is
 * refused at once (TransactionConflict), not kept waiting. All else is the engine's.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
 */
import { once } from "node:events";
import { Agent, createServer, request as send, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { listenAnywhere } from "../../local/loopback.ts";

export interface ConflictProxy extends AsyncDisposable {
  endpoint: string;
  /** Requests that were refused so far. */
  conflicts: () => number;
}

interface Write {
  TableName: string;
  Key?: object;
  Item?: Record<string, unknown>;
}
type Action = Record<string, Write>;

const namespace = "com.amazonaws.dynamodb.v20120810#";

/** @param keysOf tables by name, with the attribute that is their key */
export const startConflictProxy = async (
  dynamodb: string,
  keyOf: ReadonlyMap<string, string>,
  transactionMs: number,
): Promise<ConflictProxy> => {
  const agent = new Agent({ keepAlive: true });
  const inFlight = new Set<string>();
  let conflicts = 0;

  const itemOf = ({ TableName, Key, Item }: Write): string =>
    JSON.stringify([TableName, Key ?? { [keyOf.get(TableName)!]: Item?.[keyOf.get(TableName)!] }]);

  const forward = async (incoming: IncomingMessage, body: string) => {
    const { method, headers, url: path } = incoming;
    const outgoing = send(dynamodb, { agent, method, headers, path });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    return { status: answer.statusCode!, headers: answer.headers, body: await text(answer) };
  };

  const refuse = (body: object) => {
    conflicts += 1;
    const headers = { "content-type": "application/x-amz-json-1.0" };
    return { status: 400, headers, body: JSON.stringify(body) };
  };

  const transact = async (incoming: IncomingMessage, body: string) => {
    const { TransactItems } = JSON.parse(body) as { TransactItems: Action[] };
    const items = TransactItems.map((action) => itemOf(Object.values(action)[0]!));
    if (items.some((item) => inFlight.has(item))) {
      return refuse({
        __type: `${namespace}TransactionCanceledException`,
        CancellationReasons: items.map((item) => ({
          Code: inFlight.has(item) ? "TransactionConflict" : "None",
        })),
      });
    }
    for (const item of items) inFlight.add(item);
    try {
      const [answer] = await Promise.all([forward(incoming, body), sleep(transactionMs)]);
      return answer;
    } finally {
      for (const item of items) inFlight.delete(item);
    }
  };

  const write = (incoming: IncomingMessage, body: string) =>
    inFlight.has(itemOf(JSON.parse(body) as Write))
      ? Promise.resolve(refuse({ __type: `${namespace}TransactionConflictException` }))
      : forward(incoming, body);

  const answer = async (incoming: IncomingMessage) => {
    const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1)!;
    const body = await text(incoming);
    if (operation === "TransactWriteItems") return transact(incoming, body);
    const isWrite = ["UpdateItem", "PutItem", "DeleteItem"].includes(operation);
    return isWrite ? write(incoming, body) : forward(incoming, body);
  };

  const server = createServer((incoming, outgoing) => {
    answer(incoming).then(
      ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
      () => outgoing.destroy(),
    );
  });
  return {
    endpoint: await listenAnywhere(server),
    conflicts: () => conflicts,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
};

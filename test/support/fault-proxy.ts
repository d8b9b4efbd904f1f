/**
 * A DynamoDB endpoint that passes requests on to the real engine, but for those for which a test has
 * planned a fault. The engines here never answer a TransactionConflict, never throttle and never
 * lose a reply; DynamoDB does all three, and this is how the real client meets them.
 */
import { once } from "node:events";
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { readBytes, startLoopbackServer } from "./loopback-server.ts";

export type Fault =
  /** The transaction is cancelled, with a reason for each of its actions. */
  | { kind: "cancel"; reasons: string[] }
  /** An error of DynamoDB's, by its name. */
  | { kind: "error"; name: string; status?: number }
  /** The request is applied, and its reply lost. */
  | { kind: "loseReply" }
  /** No reply at all, and nothing applied. */
  | { kind: "silence" };

/** Resolving with false, it has the request, or its reply, thrown away. */
export type RequestWatcher = (number: number, moment: "before" | "after") => Promise<boolean>;

export interface FaultProxy {
  endpoint: string;
  /** Faults for the next requests of an operation, in their order; `undefined` lets one pass. */
  plan(operation: string, faults: (Fault | undefined)[]): void;
  /** Told of each request, by its number from 0, before it is passed on and after its reply has come. */
  watch(watcher: RequestWatcher | undefined): void;
  /** The operations that were asked for since the last call, faults included. */
  takeRequests(): string[];
  stop(): Promise<void>;
}

const fail = (response: ServerResponse, status: number, body: Record<string, unknown>) => {
  response.writeHead(status, { "Content-Type": "application/x-amz-json-1.0" });
  response.end(JSON.stringify(body));
};

const namespace = "com.amazonaws.dynamodb.v20120810#";

export const startFaultProxy = async (engineEndpoint: string): Promise<FaultProxy> => {
  const target = new URL(engineEndpoint);
  const planned = new Map<string, (Fault | undefined)[]>();
  let requests: string[] = [];
  let watcher: RequestWatcher | undefined;
  let watched = 0;

  /** Asks the engine, and answers what it answered unless the reply is to be lost. */
  const forward = async (incoming: IncomingMessage, body: Buffer, response?: ServerResponse) => {
    const { method, headers, url: path } = incoming;
    const number = watched;
    watched += 1;
    if ((await watcher?.(number, "before")) === false) {
      incoming.socket.destroy();
      return;
    }
    const outgoing = request(target, { method, headers, path });
    outgoing.end(body);
    const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
    const answer = await readBytes(reply);
    if ((await watcher?.(number, "after")) === false) incoming.socket.destroy();
    else response?.writeHead(reply.statusCode ?? 500, reply.headers).end(answer);
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
    const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1)!;
    requests.push(operation);
    const body = await readBytes(incoming);
    const fault = planned.get(operation)?.shift();
    switch (fault?.kind) {
      case undefined:
        return forward(incoming, body, response);
      case "cancel":
        return fail(response, 400, {
          __type: `${namespace}TransactionCanceledException`,
          Message: "Transaction cancelled, please refer cancellation reasons for specific reasons",
          CancellationReasons: fault.reasons.map((Code) => ({ Code })),
        });
      case "error":
        return fail(response, fault.status ?? 400, { __type: `${namespace}${fault.name}` });
      case "loseReply":
        await forward(incoming, body);
        return incoming.socket.destroy();
      case "silence":
        return undefined;
    }
  };

  const server = await startLoopbackServer(answer);
  return {
    ...server,
    plan: (operation, faults) => void planned.set(operation, faults),
    watch: (next) => {
      watcher = next;
      watched = 0;
    },
    takeRequests: () => {
      const taken = requests;
      requests = [];
      return taken;
    },
  };
};

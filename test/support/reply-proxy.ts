/**
 * A proxy that stands between a client and the API: it passes requests on, but for those for which a test plans a
 * fault. It records all requests.
 */
import { once } from "node:events";
import {
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { readBytes, startLoopbackServer } from "./loopback-server.ts";

export interface ProxiedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export type ReplyFault =
  /** The API answers, and the connection is cut before the answer arrives. */
  | { kind: "loseReply" }
  /** The connection is cut before the request reaches the API. */
  | { kind: "loseRequest" }
  /** The proxy answers in place of the API. */
  | { kind: "answer"; status: number; headers?: Record<string, string>; body?: unknown };

/** Decides about a request. `number` counts the requests of the same method and path, from 1. */
export type FaultPlan = (request: ProxiedRequest, number: number) => ReplyFault | undefined;

export interface ReplyProxy {
  endpoint: string;
  /** In place of the plan before. */
  plan(faults: FaultPlan): void;
  /** All requests since the last call, in their order. */
  takeRequests(): ProxiedRequest[];
  stop(): Promise<void>;
}

export const startReplyProxy = async (upstream: string): Promise<ReplyProxy> => {
  let plan: FaultPlan = () => undefined;
  let requests: ProxiedRequest[] = [];

  const forward = async ({ method, path, headers, body }: ProxiedRequest) => {
    const outgoing = request(new URL(path, upstream), { method, headers });
    outgoing.end(body);
    const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
    return { reply, body: await readBytes(reply) };
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url: path = "/", headers } = incoming;
    const received = { method, path, headers, body: (await readBytes(incoming)).toString() };
    requests.push(received);
    const isSame = (one: ProxiedRequest) => one.method === method && one.path === path;
    const fault = plan(received, requests.filter(isSame).length);
    if (fault?.kind === "loseRequest") return void incoming.socket.destroy();
    if (fault?.kind === "answer") {
      response.writeHead(fault.status, { "Content-Type": "application/json", ...fault.headers });
      return void response.end(JSON.stringify(fault.body ?? { message: "Service Unavailable" }));
    }
    const { reply, body } = await forward(received);
    if (fault?.kind === "loseReply") return void incoming.socket.destroy();
    response.writeHead(reply.statusCode ?? 500, reply.headers).end(body);
  };

  const server = await startLoopbackServer(answer);
  return {
    ...server,
    plan: (faults) => {
      plan = faults;
    },
    takeRequests: () => {
      const taken = requests;
      requests = [];
      return taken;
    },
  };
};

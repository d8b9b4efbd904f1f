/**
 * The socket: 127.0.0.1 alone, bound before anything else is touched, so that a taken port changes
 * nothing. Says that the service is unavailable until it is given somebody to answer.
 */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { forThisMachine, refuseWithMessage } from "../foreign-requests.ts";
import { LocalRunError } from "../local-run-error.ts";

export interface HttpListener {
  /** For example `http://127.0.0.1:3000`. */
  endpoint: string;
  serve(listener: RequestListener): void;
  /** Takes no more requests, lets the running ones finish for up to 2 s, then closes them. */
  stop(): Promise<void>;
}

const drainTimeoutMs = 2_000;
const idleCheckMs = 20;
/** A client that sends more slowly than this has left. */
const requestTimeoutMs = 30_000;
/** Longer than clients keep theirs, so that it is the client who closes. */
const keepAliveTimeoutMs = 75_000;

/** Rejects with a LocalRunError of code `port` when somebody else listens there. */
export const listenOnLoopback = async (port: number): Promise<HttpListener> => {
  let listener = notReady;
  const server = createServer(
    {
      keepAliveTimeout: keepAliveTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 5_000,
      noDelay: true,
    },
    forThisMachine((request, response) => listener(request, response), refuseWithMessage),
  );
  server.listen({ host: "127.0.0.1", port });
  try {
    await once(server, "listening");
  } catch (cause) {
    throw describeRefusal(port, cause as NodeJS.ErrnoException);
  }
  const address = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    serve: (next) => {
      listener = next;
    },
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      // A connection that has had its last answer is kept alive by its client.
      const idleTimer = setInterval(() => server.closeIdleConnections(), idleCheckMs);
      const drainTimer = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
      await closed;
      clearInterval(idleTimer);
      clearTimeout(drainTimer);
    },
  };
};

const notReady: RequestListener = (_request, response) => {
  response.writeHead(503).end();
};

const describeRefusal = (port: number, cause: NodeJS.ErrnoException): LocalRunError => {
  const advice =
    "Stop what listens there, or choose another: PORT=3001, or PORT=0 for any free one";
  const problem =
    cause.code === "EADDRINUSE"
      ? `is taken: something else listens on 127.0.0.1:${port}`
      : `cannot be used: ${cause.message}`;
  return new LocalRunError("port", `PORT=${port} ${problem}. ${advice}.`, { cause });
};

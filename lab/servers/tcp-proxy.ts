/**
 * Stands between clients and a server on this machine, whatever they speak, and does to them what
 * networks do: loses a reply, falls silent, cuts connections.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface TcpProxy {
  /** Where it listens, on 127.0.0.1. */
  port: number;
  /** From the next connection on, the server is at this port. */
  passTo(serverPort: number): void;
  /**
   * The next request reaches the server, and when the server has answered it, the answer is lost
   * with its connection. Other connections are left alone.
   */
  loseNextReply(): void;
  /** Passes nothing on in either direction, and keeps connections open. */
  freeze(): void;
  thaw(): void;
  /** Ends all connections without a word. */
  cutAll(): void;
  stop(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  /** The next that the server says on it is lost. */
  losesReply: boolean;
}

export const startTcpProxy = async ({ port: firstPort }: { port: number }): Promise<TcpProxy> => {
  const pairs = new Set<Pair>();
  let serverPort = firstPort;
  let isFrozen = false;
  let losesNextReply = false;

  const cut = (pair: Pair): void => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  };

  const setFlow = ({ client, server }: Pair): void => {
    for (const socket of [client, server]) {
      if (isFrozen) socket.pause();
      else socket.resume();
    }
  };

  const join = (client: Socket): void => {
    const pair: Pair = { client, server: connect(serverPort, "127.0.0.1"), losesReply: false };
    const { server } = pair;
    pairs.add(pair);
    for (const socket of [client, server]) {
      socket.setNoDelay();
      socket.on("error", () => cut(pair));
      socket.on("close", () => cut(pair));
    }
    client.on("data", (request) => {
      if (losesNextReply) {
        losesNextReply = false;
        pair.losesReply = true;
      }
      server.write(request);
    });
    server.on("data", (reply) => {
      if (pair.losesReply) cut(pair);
      else client.write(reply);
    });
    setFlow(pair);
  };

  const listener = createServer(join);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const setFrozen = (frozen: boolean): void => {
    isFrozen = frozen;
    for (const pair of pairs) setFlow(pair);
  };

  return {
    port: (listener.address() as AddressInfo).port,
    passTo: (port) => {
      serverPort = port;
    },
    loseNextReply: () => {
      losesNextReply = true;
    },
    freeze: () => setFrozen(true),
    thaw: () => setFrozen(false),
    cutAll: () => pairs.forEach(cut),
    stop: async () => {
      listener.close();
      pairs.forEach(cut);
    },
  };
};

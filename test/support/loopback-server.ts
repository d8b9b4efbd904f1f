import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenAnywhere } from "../../local/loopback.ts";

type Answer = (incoming: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** Starts an HTTP server on a free port of 127.0.0.1. It cuts the connection of a request whose answer fails. */
export const startLoopbackServer = async (answer: Answer) => {
  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => incoming.socket.destroy());
  });
  return {
    endpoint: await listenAnywhere(server),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Reads the whole body. */
export const readBytes = async (incoming: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/**
 * A way to dynoxide on which the SDK's request tokens get lost. dynoxide 1.2 keeps each token of a
 * `TransactWriteItems` for ten minutes and walks all of them at every transaction: after 60,000 it is
 * six times slower than at first. Without them it stays as fast as it was; what they are for, that a
 * repeated request is applied once, the conditions of the writes see to as well.
 */
import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { listenAnywhere } from "../loopback.ts";

/** With its colon: a value can be this text too, but only a member's name has a colon behind it. */
const tokenName = Buffer.from('"ClientRequestToken":');
const unknownLetter = "X".charCodeAt(0);

/**
 * Gives the member another name of the same length, which dynoxide passes over. A name that two
 * chunks share is not seen, and its token kept: one of very many.
 */
const renameToken = (): Transform =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      let index = chunk.indexOf(tokenName);
      while (index !== -1) {
        chunk[index + 1] = unknownLetter;
        index = chunk.indexOf(tokenName, index);
      }
      done(null, chunk);
    },
  });

export interface RequestTokenFilter {
  /** Takes the place of the engine's. */
  endpoint: string;
  stop(): Promise<void>;
}

export const startRequestTokenFilter = async (
  engineEndpoint: string,
): Promise<RequestTokenFilter> => {
  const { hostname, port } = new URL(engineEndpoint);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const engine = createConnection({ host: hostname, port: Number(port), noDelay: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    // Either end may go at any time; its other half then goes too, and the SDK asks again.
    pipeline(client, renameToken(), engine).catch(() => {});
    pipeline(engine, client).catch(() => {});
  });
  return {
    endpoint: await listenAnywhere(server),
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

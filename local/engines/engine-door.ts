/**
 * The way to an engine, for the run's own requests and those of developers. It lets no request of a web page of
 * another site in (foreign-requests.ts), and no answer out that would let such pages read it: both engines
 * answer every site, and every name.
 *
 * On the way to dynoxide, the SDK's request tokens get lost too. dynoxide 1.2 keeps each token of a
 * `TransactWriteItems` for ten minutes and walks all of them at every transaction: after 60,000 it is
 * six times slower than at first. Without them it stays as fast as it was; what they are for, that a
 * repeated request is applied once, the conditions of the writes see to as well.
 */
import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { foreignReason, foreignStatus } from "../foreign-requests.ts";
import { listenAnywhere } from "../loopback.ts";

/** With its colon: a value can be this text too, but only a member's name has a colon behind it. */
const tokenName = Buffer.from('"ClientRequestToken":');
/** With its line break: JSON has none within a text. */
const crossOriginHeader = Buffer.from("\r\naccess-control-allow-origin:");
const unknownLetter = "X".charCodeAt(0);

/**
 * Renames each occurrence to another name of the same length, which its reader ignores. An occurrence that spans two
 * chunks is rare, and stays.
 */
const renameEach = (name: Buffer, letterAt: number): Transform =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      let index = chunk.indexOf(name);
      while (index !== -1) {
        chunk[index + letterAt] = unknownLetter;
        index = chunk.indexOf(name, index + 1);
      }
      done(null, chunk);
    },
  });

const endOfHead = Buffer.from("\r\n\r\n");
const headBytesMax = 64 * 1024;

/** Returns the head of the first request, or all bytes where the client ends before. The bytes stay to be read. */
const firstHead = async (client: Socket): Promise<string> => {
  let read = Buffer.alloc(0);
  let end = -1;
  while (end === -1 && read.length < headBytesMax && !client.readableEnded) {
    const chunk = client.read() as Buffer | null;
    if (chunk === null) {
      await Promise.race([once(client, "readable"), once(client, "end"), once(client, "close")]);
      if (client.destroyed) break;
      continue;
    }
    read = Buffer.concat([read, chunk]);
    end = read.indexOf(endOfHead);
  }
  if (read.length > 0) client.unshift(read);
  return read.toString("latin1", 0, end === -1 ? read.length : end);
};

const readHead = (head: string) => {
  const [start = "", ...lines] = head.split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { method: start.split(" ", 1)[0]!, headers };
};

const refusal = (reason: string): string => {
  const body = JSON.stringify({
    __type: "com.amazon.coral.service#AccessDeniedException",
    message: reason,
  });
  return (
    `HTTP/1.1 ${foreignStatus} Forbidden\r\ncontent-type: application/x-amz-json-1.0\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  );
};

export interface EngineDoor {
  /** Takes the place of the engine's. */
  endpoint: string;
  stop(): Promise<void>;
}

/** @param engine its endpoint, and whether its request tokens are to get lost */
export const startEngineDoor = async (engine: {
  endpoint: string;
  losesTokens: boolean;
}): Promise<EngineDoor> => {
  const { hostname, port } = new URL(engine.endpoint);
  const sockets = new Set<Socket>();
  const known = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket));
  };
  /** A browser sends all requests of a connection to one host, so that the first request is enough to check. */
  const open = async (client: Socket): Promise<void> => {
    const reason = foreignReason(readHead(await firstHead(client)));
    if (reason !== undefined) {
      client.end(refusal(reason));
      client.resume();
      return;
    }
    const inner = known(createConnection({ host: hostname, port: Number(port), noDelay: true }));
    const tokens = engine.losesTokens ? [renameEach(tokenName, 1)] : [];
    // When one end closes, the pipeline closes the other one, and the SDK retries.
    pipeline([client, ...tokens, inner]).catch(() => {});
    pipeline(inner, renameEach(crossOriginHeader, 2), client).catch(() => {});
  };
  const server = createServer({ noDelay: true }, (client) => {
    known(client).on("error", () => {});
    open(client).catch(() => client.destroy());
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

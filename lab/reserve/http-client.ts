/**
 * The load generator for HTTP: requests on sockets that are kept open, written and read by hand. It
 * shares the machine with what it measures, so its own cost counts: about 12 µs of processor time
 * for each request here, where autocannon takes 35, node:http 50 and fetch 160; and it times each
 * answer to the microsecond, where autocannon counts milliseconds.
 *
 * It understands what the local run answers, no more: a head, and a body of `Content-Length` bytes.
 */
import { connect, type Socket } from "node:net";

export interface HttpClient extends Disposable {
  /** @returns the status and the body of the answer */
  post(path: string, json: string): Promise<{ status: number; body: string }>;
}

interface Connection {
  socket: Socket;
  exchange(request: string): Promise<{ status: number; body: string }>;
}

export const createHttpClient = (endpoint: string): HttpClient => {
  const { host, hostname, port } = new URL(endpoint);
  const idle: Connection[] = [];
  const open = new Set<Connection>();
  return {
    post: async (path, json) => {
      const connection = idle.pop() ?? openConnection(hostname, Number(port));
      open.add(connection);
      const head =
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n`;
      const answer = await connection.exchange(head + json);
      idle.push(connection);
      return answer;
    },
    [Symbol.dispose]: () => {
      for (const { socket } of open) socket.destroy();
    },
  };
};

const openConnection = (host: string, port: number): Connection => {
  const socket = connect(port, host).setNoDelay(true);
  let received: Buffer = Buffer.alloc(0);
  let waiting = Promise.withResolvers<{ status: number; body: string }>();

  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      const answer = readAnswer(received);
      if (answer === undefined) return;
      received = Buffer.alloc(0);
      waiting.resolve(answer);
    } catch (error) {
      waiting.reject(error);
    }
  });
  socket.on("error", (error) => waiting.reject(error));
  socket.on("close", () => waiting.reject(new Error("The connection was closed.")));
  // It may be closed when nobody waits for an answer.
  waiting.promise.catch(() => {});

  return {
    socket,
    exchange: (request) => {
      waiting = Promise.withResolvers();
      if (socket.destroyed) waiting.reject(new Error("The connection was closed."));
      else socket.write(request);
      return waiting.promise;
    },
  };
};

/** An answer that has arrived whole, or undefined: the server sends no second one unasked. */
export const readAnswer = (bytes: Buffer): { status: number; body: string } | undefined => {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(status + length)) throw new Error(`This answer cannot be read:\n${head}`);
  const bodyStart = headEnd + 4;
  if (bytes.length < bodyStart + length) return undefined;
  return { status, body: bytes.toString("utf8", bodyStart, bodyStart + length) };
};

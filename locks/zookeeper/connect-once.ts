/**
 * One connection to one server, on a client of node-zookeeper-client that is used for nothing else.
 *
 * That client reconnects by itself, but waits for ever for a server that accepts and stays silent,
 * keeps requests whose callers have given up and sends them later, and ends for good with its
 * session. So it never reconnects here: session.ts opens the next connection, with a new client and
 * the same session. This is the only file that touches what the client keeps to itself.
 */
import type { Socket } from "node:net";
import { createClient, Exception, State, type Client } from "node-zookeeper-client";

/** What lets another connection continue a session. */
export interface Credentials {
  sessionId: Buffer;
  sessionPassword: Buffer;
}

export interface ConnectOptions {
  /** `host:port` */
  server: string;
  /** What is asked for; the server decides. */
  sessionTimeoutMs: number;
  /** Absent, a new session begins. */
  credentials: Credentials | undefined;
}

export interface OpenClient {
  client: Client;
  /** Aborts when the connection has ended; its reason is an error that says why. */
  ended: AbortSignal;
  /** Ends the connection without a farewell: the session goes on. */
  drop: (reason: Error) => void;
}

/** The client's undocumented parts, as of 1.1.3. */
interface Internals {
  connectionManager: {
    /** Called by the client when its connection has ended and its session has not. */
    connect(): void;
    onSocketData(chunk: Buffer): void;
    /** Made in the tick after `connect`. */
    socket?: Socket;
  };
}

const expiredError = (): Error =>
  Object.assign(new Error("The server says that the session has expired."), {
    code: Exception.SESSION_EXPIRED,
  });

/**
 * Resolves when the server has accepted the session. Rejects when it has not, or when `signal`
 * aborts before; with the code SESSION_EXPIRED when the session to continue is over.
 */
export const connectOnce = async (
  { server, sessionTimeoutMs, credentials }: ConnectOptions,
  signal: AbortSignal,
): Promise<OpenClient> => {
  signal.throwIfAborted();
  const clientOptions = { sessionTimeout: sessionTimeoutMs, retries: 0, ...credentials };
  const client = createClient(server, clientOptions);
  const { connectionManager } = client as unknown as Internals;
  const ended = new AbortController();
  let failure: Error | undefined;

  const drop = (reason: Error): void => {
    if (ended.signal.aborted) return;
    ended.abort(reason);
    // Destroyed with an error, the client also clears its timer for the connection.
    process.nextTick(() => connectionManager.socket?.destroy(reason));
  };
  const onClosed = (): void => drop(failure ?? new Error(`The server ${server} hung up.`));

  const accepted = new Promise<void>((resolve, reject) => {
    ended.signal.addEventListener("abort", () => reject(ended.signal.reason as Error));
    client.on("state", (state: State) => {
      if (state === State.SYNC_CONNECTED) resolve();
      else if (state === State.EXPIRED) drop(expiredError());
      else onClosed();
    });
  });

  client.connect();
  connectionManager.connect = onClosed;
  const parse = connectionManager.onSocketData.bind(connectionManager);
  connectionManager.onSocketData = (chunk) => {
    try {
      parse(chunk);
    } catch (error) {
      // It throws at every error code that is newer than itself, such as that of a quota.
      drop(error as Error);
    }
  };
  process.nextTick(() => {
    const { socket } = connectionManager;
    // Whoever waits for an answer has a timer that keeps the process alive; a session need not.
    socket?.unref().on("error", (error) => (failure = error));
  });

  const giveUp = (): void => drop(signal.reason as Error);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await accepted;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  return { client, ended: ended.signal, drop };
};

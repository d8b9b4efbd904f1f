/**
 * Connections to one Redis server: one for commands, one for messages. Both are made when they are
 * first needed, and again when they have ended. Neither keeps the process alive: whoever waits for
 * an answer has a timer that does.
 */
import { createHash } from "node:crypto";
import { createClient } from "@redis/client";

/** A client that is connected, or will say that it is not. */
type Client = ReturnType<typeof newClient>;

export interface Connection {
  /** Rejects when the signal aborts; the script may have been run, or be run later. */
  run<Reply>(
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<Reply>;
  close(): void;
}

/** Resolves or rejects with the promise, but no later than the signal aborts. */
export const orAborted = <Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    const forget = (): void => signal.removeEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(forget);
  });

const newClient = (url: string, connectTimeoutMs: number) => {
  const client = createClient({
    url,
    RESP: 2,
    // What cannot be sent now is for the caller to repeat, not for a queue to send later.
    disableOfflineQueue: true,
    socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false },
  });
  // Every call that fails says so itself.
  client.on("error", () => {});
  return client;
};

/** Connects once for all who ask at the same time, and again after the connection has ended. */
export const createConnector = (url: string, connectTimeoutMs: number, onEnd?: () => void) => {
  let client: Client | undefined;
  let connecting: Promise<Client> | undefined;
  let isClosed = false;

  const forget = (ended: Client): void => {
    if (client !== ended) return;
    client = undefined;
    connecting = undefined;
    onEnd?.();
  };

  const drop = (dropped: Client): void => {
    forget(dropped);
    // It was never open, or has ended by itself.
    if (dropped.isOpen) dropped.destroy();
  };

  const connect = async (): Promise<Client> => {
    const opened = newClient(url, connectTimeoutMs);
    client = opened;
    opened.on("end", () => forget(opened));
    opened.on("error", () => drop(opened));
    try {
      await opened.connect();
      opened.unref();
      return opened;
    } catch (error) {
      drop(opened);
      throw error;
    }
  };

  return {
    get: (): Promise<Client> => {
      if (isClosed) return Promise.reject(new Error("The connection was closed."));
      return (connecting ??= connect());
    },
    drop,
    close: (): void => {
      isClosed = true;
      if (client !== undefined) drop(client);
    },
  };
};

const sha1Of = (script: string): string => createHash("sha1").update(script).digest("hex");

export const createConnection = (url: string, requestTimeoutMs: number): Connection => {
  const connector = createConnector(url, requestTimeoutMs);
  const digests = new Map<string, string>();
  const digest = (script: string): string => {
    const known = digests.get(script) ?? sha1Of(script);
    digests.set(script, known);
    return known;
  };

  /** Gives a connection up on which an answer has not come in time: the next would queue behind. */
  const send = async <Reply>(client: Client, command: string[], signal: AbortSignal) => {
    const sentAtMs = performance.now();
    try {
      return await orAborted(client.sendCommand<Reply>(command), signal);
    } catch (error) {
      const isSilent = signal.aborted && performance.now() - sentAtMs >= requestTimeoutMs / 2;
      if (isSilent) connector.drop(client);
      throw error;
    }
  };

  return {
    run: async <Reply>(
      script: string,
      keys: readonly string[],
      args: readonly (string | number)[],
      signal: AbortSignal,
    ) => {
      const client = await orAborted(connector.get(), signal);
      const rest = [String(keys.length), ...keys, ...args.map(String)];
      try {
        return await send<Reply>(client, ["EVALSHA", digest(script), ...rest], signal);
      } catch (error) {
        // It is the first to use the script since the server has forgotten all.
        if (!(error as Error).message.startsWith("NOSCRIPT")) throw error;
        return send<Reply>(client, ["EVAL", script, ...rest], signal);
      }
    },
    close: connector.close,
  };
};

/**
 * One connection to a server: the requests that locks need, as promises. Each rejects as soon as its
 * signal aborts or the connection ends, whatever the server does; the request may still take effect.
 *
 * Requests of one connection are executed in the order in which they were made, so a read sees what
 * all writes before it have done, answered or not.
 */
import { CreateMode, type Exception, type Stat } from "node-zookeeper-client";
import { startStopwatch, type Stopwatch } from "../engine/stopwatch.ts";
import type { Clock } from "../locks.ts";
import { connectOnce, type ConnectOptions, type Credentials } from "./connect-once.ts";
import { isAnswer, isNoNode } from "./server-error.ts";
import { createWatches } from "./watches.ts";

export interface Connection extends Credentials {
  /** As the server has decided. */
  readonly sessionTimeoutMs: number;
  /** Aborts when the connection has ended. */
  readonly ended: AbortSignal;
  /**
   * Creates ephemeral sequential nodes, all or none, whose names begin with these paths.
   *
   * @returns their paths, in the same order
   */
  createSequential(paths: readonly string[], data: Buffer, signal: AbortSignal): Promise<string[]>;
  createPersistent(path: string, signal: AbortSignal): Promise<void>;
  /** Removes all or none. */
  remove(paths: readonly string[], signal: AbortSignal): Promise<void>;
  /** Has the whole ensemble check that all nodes exist: rejects with NO_NODE when one does not. */
  check(paths: readonly string[], signal: AbortSignal): Promise<void>;
  /** Names of the children, in no order; none when there is no such node. */
  children(path: string, signal: AbortSignal): Promise<string[]>;
  /** Undefined when there is no such node. */
  stat(path: string, signal: AbortSignal): Promise<Stat | undefined>;
  /** Resolves when the node has changed or is gone, when the connection ends or `signal` aborts. */
  changed(path: string, signal: AbortSignal): Promise<void>;
  /**
   * A write that changes nothing. When it is answered, this server has all that was written before
   * it was sent, through whatever server, and the ensemble's leader still knew the session.
   */
  barrier(signal: AbortSignal): Promise<void>;
  /** Ends the session, and then the connection. */
  endSession(): void;
  /** Ends the connection only. */
  drop: (reason: Error) => void;
}

export interface OpenOptions extends ConnectOptions {
  clock: Clock;
  /** Told of every answered write, with a stopwatch that was started before it was sent. */
  onAnswered: (sent: Stopwatch) => void;
}

/** How the client hands over a result; its types hide that the error may be absent. */
type Answer<Result> = (error: Error | Exception | null | undefined, result: Result) => void;
type Send<Result> = (answer: Answer<Result>) => void;

/** Rejects as `connectOnce` does. */
export const openConnection = async (
  options: OpenOptions,
  openSignal: AbortSignal,
): Promise<Connection> => {
  const { clock, onAnswered } = options;
  const { client, ended, drop } = await connectOnce(options, openSignal);
  /** What ends the wait for each request that is in flight. */
  const inFlight = new Set<(reason: Error) => void>();

  const request = <Result>(signal: AbortSignal, send: Send<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      ended.throwIfAborted();
      const settle = (how: () => void): void => {
        inFlight.delete(fail);
        signal.removeEventListener("abort", onAbort);
        how();
      };
      const fail = (reason: Error): void => settle(() => reject(reason));
      const onAbort = (): void => fail(signal.reason as Error);
      inFlight.add(fail);
      signal.addEventListener("abort", onAbort, { once: true });
      send((error, result) => (error ? fail(error as Error) : settle(() => resolve(result))));
    });

  /** A request that the ensemble's leader takes part in, unlike a read, which one server answers. */
  const write = <Result>(signal: AbortSignal, send: Send<Result>): Promise<Result> => {
    const sent = startStopwatch(clock);
    return request<Result>(signal, (answer) =>
      send((error, result) => {
        if (isAnswer(error)) onAnswered(sent);
        answer(error, result);
      }),
    );
  };

  const watches = createWatches(client);
  ended.addEventListener("abort", () => {
    for (const fail of inFlight) fail(ended.reason as Error);
    watches.end();
  });

  const check = (paths: readonly string[], signal: AbortSignal): Promise<void> => {
    const transaction = client.transaction();
    for (const path of paths) transaction.check(path);
    return write(signal, (answer) => transaction.commit(answer));
  };

  return {
    sessionId: client.getSessionId(),
    sessionPassword: client.getSessionPassword(),
    sessionTimeoutMs: client.getSessionTimeout(),
    ended,

    createSequential: async (paths, data, signal) => {
      const mode = CreateMode.EPHEMERAL_SEQUENTIAL;
      const [first = "", ...others] = paths;
      if (others.length === 0) {
        return [await write<string>(signal, (answer) => client.create(first, data, mode, answer))];
      }
      const transaction = client.transaction();
      for (const path of paths) transaction.create(path, data, mode);
      const send: Send<{ path: string }[]> = (answer) => transaction.commit(answer);
      return (await write(signal, send)).map(({ path }) => path);
    },

    createPersistent: async (path, signal) => {
      await write<string>(signal, (answer) => client.create(path, answer));
    },

    remove: (paths, signal) => {
      const [first = "", ...others] = paths;
      if (others.length === 0) {
        return write<void>(signal, (answer) =>
          client.remove(first, (error) => answer(error, undefined)),
        );
      }
      const transaction = client.transaction();
      for (const path of paths) transaction.remove(path);
      return write(signal, (answer) => transaction.commit(answer));
    },

    check,

    children: async (path, signal) => {
      try {
        return await request<string[]>(signal, (answer) => client.getChildren(path, answer));
      } catch (error) {
        if (isNoNode(error)) return [];
        throw error;
      }
    },

    stat: async (path, signal) => {
      const stat = await request<Stat | null>(signal, (answer) => client.exists(path, answer));
      return stat ?? undefined;
    },

    changed: watches.changed,

    barrier: async (signal) => {
      try {
        await check(["/"], signal);
      } catch (error) {
        if (!isAnswer(error)) throw error;
      }
    },

    endSession: () => client.close(),
    drop,
  };
};

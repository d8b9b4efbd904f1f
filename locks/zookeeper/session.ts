/**
 * One ZooKeeper session over as many connections as it takes, with the watchdog that the client
 * lacks. It knows nothing of locks: its users are whoever needs it kept alive.
 *
 *   sent   answered                     no answer     dropped  trust ends      expires on the server
 *    |-------|------------|------------------------------|--------|----------------|
 *    0                   1/4 of the session timeout    7/12      2/3               1
 *                        next round trip sent             reconnects in here
 *
 * A round trip is a write, as a server that has lost its leader still answers reads, for longer than
 * the leader keeps a session that it no longer hears of. Only connect-loop.ts opens connections.
 */
import type { Stopwatch } from "../engine/stopwatch.ts";
import type { Clock } from "../locks.ts";
import { createConnectLoop } from "./connect-loop.ts";
import type { Connection } from "./connection.ts";
import { isExpired } from "./server-error.ts";

export interface SessionSettings {
  /** `host:port` of each server. */
  servers: readonly string[];
  sessionTimeoutMs: number;
  clock: Clock;
  random: () => number;
}

export interface Session {
  /** Aborts when the server has said that the session is over. Its nodes are gone then. */
  readonly expired: AbortSignal;
  /** Keeps the session alive, and connects, until `leave`. */
  use(user: object): void;
  leave(user: object): void;
  /**
   * A connection on which all that earlier connections have done can be seen. Rejects when `signal`
   * aborts, with the code SESSION_EXPIRED when the session is over, and with the last server's
   * failure when none of them lets us in.
   */
  connected(signal: AbortSignal): Promise<Connection>;
  /**
   * What a user still has to do before it leaves: begun on this connection, and again on each later
   * one until it succeeds. It must be safe to repeat.
   */
  owe(user: object, pay: (connection: Connection) => Promise<unknown>): void;
  /** For how long yet the server cannot have ended the session, in milliseconds. */
  trustedForMs(): number;
  /** Ends the session, within `limitMs`. */
  close(limitMs: number): Promise<void>;
}

interface Waiter {
  resolve: (connection: Connection) => void;
  reject: (error: Error) => void;
}

export const createSession = (settings: SessionSettings): Session => {
  const expired = new AbortController();
  const closing = new AbortController();
  const users = new Set<object>();
  const debts = new Map<object, (connection: Connection) => Promise<unknown>>();
  const waiters = new Set<Waiter>();
  let connection: Connection | undefined;
  let { sessionTimeoutMs } = settings;
  /** Since before the last answered write was sent. */
  let confirmed: Stopwatch | undefined;
  let watchdog: NodeJS.Timeout | undefined;

  const sinceConfirmedMs = (): number => confirmed?.elapsedMs() ?? Infinity;
  const onAnswered = (sent: Stopwatch): void => {
    if (sent.elapsedMs() < sinceConfirmedMs()) confirmed = sent;
  };

  const rejectWaiters = (error: Error): void => {
    for (const { reject } of waiters) reject(error);
  };

  const leave = (user: object): void => {
    users.delete(user);
    debts.delete(user);
  };

  const pay = async (user: object, current: Connection): Promise<void> => {
    try {
      await debts.get(user)?.(current);
      leave(user);
    } catch {
      // The next connection tries again.
    }
  };

  /** Asks at least every quarter of the session, as long as there are users. */
  const watch = (): void => {
    clearTimeout(watchdog);
    const dueMs = Math.max(0, sessionTimeoutMs / 4 - sinceConfirmedMs());
    watchdog = setTimeout(() => void watchOnce(), dueMs).unref();
  };

  const watchOnce = async (): Promise<void> => {
    const watched = connection;
    if (watched === undefined || users.size === 0) return;
    if (sinceConfirmedMs() >= sessionTimeoutMs / 4) {
      const limitMs = Math.ceil(sessionTimeoutMs / 3);
      try {
        await watched.barrier(AbortSignal.timeout(limitMs));
      } catch {
        watched.drop(new Error(`The server did not answer within ${limitMs} ms.`));
        return;
      }
    }
    watch();
  };

  const loop = createConnectLoop({
    ...settings,
    onAnswered,
    isNeeded: () => users.size > 0 || waiters.size > 0,
    closing: closing.signal,
    onConnected: (opened) => {
      if (opened.ended.aborted) return loop.run();
      connection = opened;
      ({ sessionTimeoutMs } = opened);
      opened.ended.addEventListener("abort", () => {
        connection = undefined;
        clearTimeout(watchdog);
        loop.run();
      });
      for (const { resolve } of waiters) resolve(opened);
      for (const user of debts.keys()) void pay(user, opened);
      watch();
    },
    onFailure: (error) => {
      if (isExpired(error)) {
        users.clear();
        debts.clear();
        expired.abort(error);
      }
      rejectWaiters(error);
    },
  });

  return {
    expired: expired.signal,
    use: (user) => {
      if (expired.signal.aborted || closing.signal.aborted || users.has(user)) return;
      users.add(user);
      if (connection === undefined) loop.run();
      else if (users.size === 1) watch();
    },
    leave,

    connected: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        expired.signal.throwIfAborted();
        closing.signal.throwIfAborted();
        if (connection !== undefined) return resolve(connection);
        const settle = (how: () => void): void => {
          waiters.delete(waiter);
          signal.removeEventListener("abort", onAbort);
          how();
        };
        const waiter: Waiter = {
          resolve: (opened) => settle(() => resolve(opened)),
          reject: (error) => settle(() => reject(error)),
        };
        const onAbort = (): void => waiter.reject(signal.reason as Error);
        waiters.add(waiter);
        signal.addEventListener("abort", onAbort, { once: true });
        loop.run();
      }),

    owe: (user, work) => {
      if (!users.has(user) || debts.has(user)) return;
      debts.set(user, work);
      if (connection !== undefined) void pay(user, connection);
    },

    trustedForMs: () =>
      expired.signal.aborted ? 0 : Math.max(0, (sessionTimeoutMs * 2) / 3 - sinceConfirmedMs()),

    close: async (limitMs) => {
      const farewell = connection;
      users.clear();
      debts.clear();
      closing.abort(new Error("The session was closed."));
      clearTimeout(watchdog);
      rejectWaiters(closing.signal.reason as Error);
      if (farewell === undefined) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => farewell.drop(new Error("No farewell.")), limitMs);
        farewell.ended.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        });
        farewell.endSession();
      });
    },
  };
};

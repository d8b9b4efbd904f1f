/**
 * Opens one connection after the other for a session, at one server after the other, as long as
 * somebody needs one. Nothing of it keeps the process alive.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Stopwatch } from "../engine/stopwatch.ts";
import type { Clock } from "../locks.ts";
import type { Credentials } from "./connect-once.ts";
import { openConnection, type Connection } from "./connection.ts";
import { isExpired } from "./server-error.ts";

export interface ConnectLoopSettings {
  servers: readonly string[];
  sessionTimeoutMs: number;
  clock: Clock;
  random: () => number;
  onAnswered: (sent: Stopwatch) => void;
  isNeeded: () => boolean;
  closing: AbortSignal;
  onConnected: (connection: Connection) => void;
  /** No server lets us in; with the code SESSION_EXPIRED none ever will. */
  onFailure: (error: Error) => void;
}

export interface ConnectLoop {
  /** Connects, unless that is being done or nobody needs it. */
  run(): void;
}

const pauseFirstMs = 20;
const pauseMaxMs = 500;
/** A server at hand needs less, and one that cannot be reached costs no more of a short session. */
const attemptMsMin = 100;

export const createConnectLoop = (settings: ConnectLoopSettings): ConnectLoop => {
  const { servers, random, isNeeded, closing, onConnected, onFailure } = settings;
  let credentials: Credentials | undefined;
  let { sessionTimeoutMs } = settings;
  let attempts = Math.floor(random() * servers.length);
  let isRunning = false;

  /**
   * Nobody may use a connection before a barrier has passed on it. Else the server could be one that
   * lags behind, and what an earlier connection has sent could still be on its way:
   *
   *   first connection    create ------ sent ---- dropped, no answer
   *   leader                                         |  create is applied
   *   second connection        on another server --- list: no node of ours, so we create another one
   *
   * The leader refuses what an old connection sends once the session has moved to another server,
   * and a server closes the older connection of a session that opens a second one. So after the
   * barrier's answer either the create is visible here, or it will never be applied.
   */
  const open = async (server: string): Promise<Connection> => {
    const limitMs = Math.max(attemptMsMin, Math.ceil(sessionTimeoutMs / 3 / servers.length));
    const slow = AbortSignal.timeout(limitMs);
    const signal = AbortSignal.any([slow, closing]);
    try {
      const opened = await openConnection({ ...settings, server, credentials }, signal);
      credentials = opened;
      ({ sessionTimeoutMs } = opened);
      try {
        await opened.barrier(signal);
        return opened;
      } catch (error) {
        opened.drop(error as Error);
        throw error;
      }
    } catch (error) {
      if (!slow.aborted) throw error;
      const message = `The server ${server} did not let us in within ${limitMs} ms.`;
      throw new Error(message, { cause: error });
    }
  };

  /** Asks each server once; returns the last one's failure when none lets us in. */
  const tryAll = async (): Promise<Connection | Error> => {
    let failure = new Error("There is no server to ask.");
    for (let tried = 0; tried < servers.length && !closing.aborted; tried += 1) {
      const server = servers[attempts % servers.length]!;
      attempts += 1;
      try {
        return await open(server);
      } catch (error) {
        failure = error as Error;
        if (isExpired(failure)) break;
      }
    }
    return failure;
  };

  const connect = async (): Promise<void> => {
    isRunning = true;
    for (let rounds = 0; isNeeded() && !closing.aborted; rounds += 1) {
      const opened = await tryAll();
      if (!(opened instanceof Error)) {
        isRunning = false;
        return onConnected(opened);
      }
      if (closing.aborted) break;
      onFailure(opened);
      if (isExpired(opened)) break;
      const pauseMs = random() * Math.min(pauseMaxMs, pauseFirstMs * 2 ** Math.min(rounds, 16));
      await sleep(pauseMs, undefined, { ref: false, signal: closing }).catch(() => {});
    }
    isRunning = false;
  };

  return {
    run: () => {
      if (!isRunning) void connect();
    },
  };
};

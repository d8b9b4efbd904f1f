/**
 * Locks that are shared with Java: a name is Redisson's `RLock` and `RFencedLock` of that name, and
 * each respects the other's. Over TCP by `@redis/client`, on one server: neither a cluster nor the
 * choice of a new primary is this client's business.
 *
 * Who waits is woken by the message that a release publishes:
 *
 *   attempt, refused ── join the channel ── attempt, refused ── sleep ── message ── attempt
 *                                           a release before this one cannot be missed
 *
 * Messages may be lost with a connection, so the sleep ends with the lease in the way at the latest.
 */
import { requestTimeoutMsDefault } from "../bounds.ts";
import type { Backend, Claim, ClaimRequest } from "../engine/backend.ts";
import { createLocks } from "../engine/create-locks.ts";
import type { Locks, LocksOptions } from "../locks.ts";
import { createConnection, type Connection } from "./connection.ts";
import { createMessages, type Messages } from "./messages.ts";
import { acquireScript, releaseScript, renewScript } from "./scripts.ts";

export interface RedissonLocksOptions extends LocksOptions {
  /** redis://[[user]:password@]host[:port][/database], or rediss:// with TLS. */
  url: string;
}

/** As Redisson names what belongs to a lock: braces keep it in one slot, unless the name has some. */
const prefixed = (prefix: string, name: string): string =>
  name.includes("{") ? `${prefix}:${name}` : `${prefix}:{${name}}`;

const createClaim = (
  connection: Connection,
  messages: Messages,
  { names, owner }: ClaimRequest,
): Claim => {
  const counters = names.map((name) => prefixed("redisson_lock_token", name));
  const channels = names.map((name) => prefixed("redisson_lock__channel", name));
  /** Whether the server may have something of us. */
  let mayHold = false;
  let busyForMs = 0;
  let isWoken = false;
  let wakeWaiter: (() => void) | undefined;
  const listener = {
    wake: () => {
      isWoken = true;
      wakeWaiter?.();
    },
  };

  const sleep = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        wakeWaiter = undefined;
        resolve();
      };
      const timer = setTimeout(finish, busyForMs);
      signal.addEventListener("abort", finish, { once: true });
      wakeWaiter = finish;
      if (isWoken || signal.aborted) finish();
    });

  return {
    attempt: async (leaseMs, signal) => {
      mayHold = true;
      isWoken = false;
      const [isGranted, figure] = await connection.run<[number, number]>(
        acquireScript,
        [...names, ...counters],
        [owner, leaseMs],
        signal,
      );
      if (isGranted === 1) {
        messages.leave(channels, listener);
        return { granted: true, token: figure };
      }
      mayHold = false;
      // A lock without an end is only ever freed by a release.
      busyForMs = figure < 0 ? lookAgainMs : figure;
      return { granted: false, busyForMs };
    },
    changed: async (signal) => {
      if (messages.hears(channels, listener)) await sleep(signal);
      else await messages.join(channels, listener, signal);
    },
    renew: async (leaseMs, signal) =>
      (await connection.run<number>(renewScript, names, [owner, leaseMs], signal)) === 1,
    release: async (signal) => {
      messages.leave(channels, listener);
      if (!mayHold) return false;
      const args = [owner, ...channels];
      const wasOurs = await connection.run<number>(releaseScript, names, args, signal);
      mayHold = false;
      return wasOurs === 1;
    },
  };
};

/** How long to sleep beside a lock of Java's that has no end, in milliseconds. */
const lookAgainMs = 10_000;

/** Errors of the server's that will be the same at every repeat. */
const finalMessage = /^(WRONGPASS|NOAUTH|NOPERM|WRONGTYPE)/;

const createRedissonBackend = (options: RedissonLocksOptions): Backend => {
  const { url, requestTimeoutMs = requestTimeoutMsDefault } = options;
  const connection = createConnection(url, requestTimeoutMs);
  const messages = createMessages(url, requestTimeoutMs);
  return {
    name: "redisson",
    claim: (request) => createClaim(connection, messages, request),
    isFinal: (error) => error instanceof Error && finalMessage.test(error.message),
    close: async () => {
      connection.close();
      messages.close();
    },
  };
};

/** @throws LockError `invalid_argument` */
export const createRedissonLocks = (options: RedissonLocksOptions): Locks =>
  createLocks(createRedissonBackend(options), options);

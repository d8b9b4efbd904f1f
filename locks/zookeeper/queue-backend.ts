/**
 * The backend of all locks that are queues in ZooKeeper: one session for all claims, which is made
 * at the first attempt, and again when it has expired.
 */
import { requestTimeoutMsDefault } from "../bounds.ts";
import { integerWithin } from "../engine/arguments.ts";
import type { Backend } from "../engine/backend.ts";
import { systemClock } from "../engine/platform.ts";
import type { LocksOptions } from "../locks.ts";
import { absolutePath, parseServers } from "./paths.ts";
import { createQueueClaim } from "./queue-claim.ts";
import type { CompareSequences } from "./queue-node.ts";
import { isFinal } from "./server-error.ts";
import { createSession, type Session } from "./session.ts";

export interface ZooKeeperLocksOptions extends LocksOptions {
  /** The servers and a path that all names are below: `host:port,host:port/path`. */
  servers: string;
  /**
   * How long the server keeps the nodes of a client that it does not hear of, in milliseconds; it
   * may decide otherwise, usually from 2 to 20 of its ticks. 10 s when absent. When a holder dies,
   * its names are free after this time, however long its lease was.
   */
  sessionTimeoutMs?: number;
  /** A path that all names are below. */
  basePath?: string;
}

/** What tells one lock on queues from another. */
export interface QueueRules {
  name: "zookeeper" | "curator";
  basePathDefault: string;
  /** The path of a name's queue below the base path, beginning with a slash. */
  pathOf: (name: string) => string;
  /** What there is against a name, given the path of its queue. */
  objectionTo: (name: string, queue: string) => string | undefined;
  compare: CompareSequences;
  /** What a node says, for people who look at it. */
  dataOf: (owner: string) => Buffer;
}

/** A third of it must be enough for a round trip on a busy machine. */
const sessionTimeoutMsMin = 500;
const sessionTimeoutMsMax = 60 * 60 * 1_000;
const sessionTimeoutMsDefault = 10_000;

/** @throws LockError `invalid_argument` */
export const createQueueBackend = (rules: QueueRules, options: ZooKeeperLocksOptions): Backend => {
  const { sessionTimeoutMs = sessionTimeoutMsDefault, basePath = rules.basePathDefault } = options;
  const { servers, chroot } = parseServers(options.servers);
  const root = chroot + absolutePath("basePath", basePath);
  const sessionSettings = {
    servers,
    sessionTimeoutMs: integerWithin(
      "sessionTimeoutMs",
      sessionTimeoutMs,
      sessionTimeoutMsMin,
      sessionTimeoutMsMax,
    ),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  let session: Session | undefined;

  const currentSession = (): Session => {
    if (session === undefined || session.expired.aborted) session = createSession(sessionSettings);
    return session;
  };
  const queueOf = (name: string): string => root + rules.pathOf(name);

  return {
    name: rules.name,
    claim: (request) =>
      createQueueClaim({
        // Two names may be one path.
        queues: [...new Set(request.names.map(queueOf))],
        data: rules.dataOf(request.owner),
        compare: rules.compare,
        currentSession,
        onLoss: (cause) => request.onLoss(cause),
      }),
    objectionTo: (name) => rules.objectionTo(name, queueOf(name)),
    isFinal,
    close: async () => {
      await session?.close(options.requestTimeoutMs ?? requestTimeoutMsDefault);
    },
  };
};

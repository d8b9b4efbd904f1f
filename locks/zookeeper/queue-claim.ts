/**
 * A claim that stands in the queues of its names: the recipe of ZooKeeper's documentation, as
 * Curator does it, for several queues at once. https://zookeeper.apache.org/doc/current/recipes.html
 *
 * A claim enters all of its queues in one transaction, and holds its names when it is first in each:
 *
 *   transaction 17   claim A      queue x:  A  B        A holds x and y
 *   transaction 18   claim B      queue y:  A  B  C     B waits for A, C waits for B
 *   transaction 19   claim C      queue z:  C           C is first in z, and holds nothing yet
 *
 * In every queue the claims stand in the order of their transactions, so whoever waits, waits for an
 * earlier one: no cycle of claims that wait for each other can arise, whatever names they take.
 */
import type { Attempt, Claim } from "../engine/backend.ts";
import type { Connection } from "./connection.ts";
import { newPrefix, stemOf, type CompareSequences } from "./queue-node.ts";
import { areOurs, createQueues, listNodes, lookAt, removeNodes } from "./queue-requests.ts";
import { isAnswer, isNoNode } from "./server-error.ts";
import type { Session } from "./session.ts";

export interface QueueClaimSettings {
  /** Paths of the queues, each once. */
  queues: readonly string[];
  /** What the nodes say, for people who look at them. */
  data: Buffer;
  compare: CompareSequences;
  /** The session that new nodes belong to. */
  currentSession: () => Session;
  onLoss: (cause: "expired") => void;
}

/** Where our nodes are: nowhere, perhaps somewhere, or at these paths, one for each queue. */
type Nodes = "none" | "unknown" | readonly string[];

const enterAttemptsMax = 3;

export const createQueueClaim = (settings: QueueClaimSettings): Claim => {
  const { queues, data, compare, currentSession, onLoss } = settings;
  const user = {};
  let session: Session | undefined;
  /** Another one in each session: a node of an earlier session is not ours, and soon gone. */
  let prefix = newPrefix();
  let nodes: Nodes = "none";
  /** The node that we wait for, and why we cannot. */
  let blocker: string | undefined;
  let waitFailure: Error | undefined;

  const tellLoss = (): void => onLoss("expired");

  /** The session that our nodes are in, as long as there is one. */
  const liveSession = (): Session | undefined =>
    session?.expired.aborted === true ? undefined : session;

  const connect = async (signal: AbortSignal): Promise<Connection> => {
    for (;;) {
      const current = currentSession();
      if (current !== session) {
        session = current;
        nodes = "none";
        prefix = newPrefix();
      }
      session.use(user);
      try {
        return await session.connected(signal);
      } catch (error) {
        if (liveSession() !== undefined || signal.aborted) throw error;
      }
    }
  };

  /** Enters all queues. Whether they exist is not asked before: they are missing only once. */
  const enter = async (connection: Connection, signal: AbortSignal): Promise<readonly string[]> => {
    const stems = queues.map((queue) => stemOf(queue, prefix));
    let queueFailure: Error | undefined;
    for (let attempt = 0; ; attempt += 1) {
      nodes = "unknown";
      try {
        return await connection.createSequential(stems, data, signal);
      } catch (error) {
        if (isAnswer(error)) nodes = "none";
        // An empty container, as Curator makes them, may be gone again right after we saw it.
        if (!isNoNode(error) || attempt === enterAttemptsMax) throw error;
        if (queueFailure !== undefined) throw queueFailure;
      }
      queueFailure = await createQueues(queues, connection, signal);
    }
  };

  /**
   * What became of a create whose answer did not come. Its effect can be seen by now: the listing
   * was sent after it, on the same connection or behind a later one's barrier.
   */
  const find = async (
    connection: Connection,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> => {
    const found = await listNodes(queues, prefix, connection, signal);
    if (found.every((own) => own.length === 1)) return found.flat();
    await removeNodes(found.flat(), connection, signal);
    return undefined;
  };

  const attempt = async (signal: AbortSignal): Promise<Attempt> => {
    if (waitFailure !== undefined) throw waitFailure;
    const connection = await connect(signal);
    for (;;) {
      const known: Nodes = nodes;
      const found = known === "unknown" ? await find(connection, signal) : undefined;
      const own = typeof known === "string" ? found : known;
      nodes = own ?? (await enter(connection, signal));
      const standing = await lookAt(nodes, queues, compare, connection, signal);
      if (standing.is === "behind") {
        blocker = standing.path;
        return { granted: false };
      }
      if (standing.is === "first") {
        session?.expired.addEventListener("abort", tellLoss, { once: true });
        return { granted: true, token: standing.token };
      }
      // Somebody has removed us from a queue: we have to join all of them at their ends.
      await removeNodes(standing.left, connection, signal);
      nodes = "none";
      prefix = newPrefix();
    }
  };

  /** Leaves all queues. False unless we stood in each of them. */
  const leave = async (connection: Connection, signal: AbortSignal): Promise<boolean> => {
    if (nodes === "none") return false;
    const own =
      nodes === "unknown"
        ? await listNodes(queues, prefix, connection, signal)
        : nodes.map((path) => [path]);
    const wereAllThere = await removeNodes(own.flat(), connection, signal);
    nodes = "none";
    return wereAllThere && own.every((paths) => paths.length > 0);
  };

  const finish = (): void => {
    session?.expired.removeEventListener("abort", tellLoss);
    session?.leave(user);
  };

  return {
    attempt: (_leaseMs, signal) => attempt(signal),

    changed: async (signal) => {
      const live = liveSession();
      if (live === undefined || blocker === undefined) return;
      const connection = await live.connected(signal);
      try {
        await connection.changed(blocker, signal);
      } catch (error) {
        waitFailure = error as Error;
      }
    },

    renew: async (_leaseMs, signal) => {
      const live = liveSession();
      if (live === undefined || typeof nodes === "string") return false;
      return areOurs(nodes, await live.connected(signal), signal);
    },

    release: async (signal) => {
      const live = liveSession();
      if (live === undefined || nodes === "none") {
        finish();
        return false;
      }
      try {
        const wereAllThere = await leave(await live.connected(signal), signal);
        finish();
        return wereAllThere;
      } catch (error) {
        // A node that stays behind would keep its names for as long as this process lives.
        live.owe(user, (connection) => leave(connection, connection.ended));
        throw error;
      }
    },

    trustedForMs: () => session?.trustedForMs() ?? 0,
  };
};

/** What a claim asks the server about the nodes that it has in several queues. */
import type { Connection } from "./connection.ts";
import { placeIn, withAncestors, type CompareSequences } from "./queue-node.ts";
import { isAnswer, isNodeExists, isNoNode, unfitError } from "./server-error.ts";

/** Our nodes by their prefix, queue by queue. */
export const listNodes = async (
  queues: readonly string[],
  prefix: string,
  connection: Connection,
  signal: AbortSignal,
): Promise<string[][]> => {
  const listings = await Promise.all(queues.map((queue) => connection.children(queue, signal)));
  return listings.map((children, index) =>
    children
      .filter((child) => child.startsWith(prefix))
      .map((child) => `${queues[index]}/${child}`),
  );
};

/** Removes what there is of these nodes; false when one was missing, or there are none. */
export const removeNodes = async (
  paths: readonly string[],
  connection: Connection,
  signal: AbortSignal,
): Promise<boolean> => {
  if (paths.length === 0) return false;
  try {
    await connection.remove(paths, signal);
    return true;
  } catch (error) {
    if (!isNoNode(error)) throw error;
  }
  // One that is missing keeps the others from being removed together with it.
  if (paths.length > 1) {
    await Promise.all(paths.map((path) => removeNodes([path], connection, signal)));
  }
  return false;
};

/** Creates the queues and all that is above them; returns why one of them may be missing still. */
export const createQueues = async (
  queues: readonly string[],
  connection: Connection,
  signal: AbortSignal,
): Promise<Error | undefined> => {
  let failure: Error | undefined;
  const create = async (path: string): Promise<void> => {
    try {
      await connection.createPersistent(path, signal);
    } catch (error) {
      if (!isAnswer(error)) throw error;
      // Where we lack the right to create, it may be there already.
      if (!isNodeExists(error)) failure ??= error as Error;
    }
  };
  const paths = new Set(queues.flatMap(withAncestors));
  await Promise.all([...paths].map(create));
  return failure;
};

/** Which of the nodes are there and end with our session; the rest is undefined. */
const ownStats = async (nodes: readonly string[], connection: Connection, signal: AbortSignal) => {
  const stats = await Promise.all(nodes.map((path) => connection.stat(path, signal)));
  return stats.map((stat) =>
    stat?.ephemeralOwner.equals(connection.sessionId) === true ? stat : undefined,
  );
};

/** Where nodes stand, one in each of the queues. */
export type Standing =
  | { is: "first"; token: number }
  | { is: "behind"; path: string }
  /** One is missing or not ours; these are ours. */
  | { is: "absent"; left: string[] };

/** Looks in one round trip, however many queues there are. */
export const lookAt = async (
  nodes: readonly string[],
  queues: readonly string[],
  compare: CompareSequences,
  connection: Connection,
  signal: AbortSignal,
): Promise<Standing> => {
  const [stats, listings] = await Promise.all([
    // A node of our name may still belong to a session that is about to end (CURATOR-1121).
    ownStats(nodes, connection, signal),
    Promise.all(queues.map((queue) => connection.children(queue, signal))),
  ]);
  const places = listings.map((children, index) =>
    placeIn(queues[index]!, children, nodes[index]!, compare),
  );
  if (stats.includes(undefined) || places.some(({ is }) => is === "absent")) {
    return { is: "absent", left: nodes.filter((_, index) => stats[index] !== undefined) };
  }
  const behind = places.find((place) => place.is === "behind");
  return behind ?? { is: "first", token: tokenOf(stats[0]!.czxid) };
};

/**
 * Whether all nodes are there and end with our session. One server's word is not enough for that:
 * it may not have heard yet that a node was removed. So all of them check first.
 */
export const areOurs = async (
  nodes: readonly string[],
  connection: Connection,
  signal: AbortSignal,
): Promise<boolean> => {
  try {
    const [, stats] = await Promise.all([
      connection.check(nodes, signal),
      ownStats(nodes, connection, signal),
    ]);
    return !stats.includes(undefined);
  } catch (error) {
    if (isNoNode(error)) return false;
    throw error;
  }
};

/**
 * The number of the transaction that created a node. It grows with every change in the ensemble,
 * while sequence numbers begin again when the queue's own node was removed.
 */
const tokenOf = (czxid: Buffer): number => {
  const token = czxid.readBigInt64BE();
  if (token > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw unfitError(`The transaction number ${token} is too large for a token of 53 bits.`);
  }
  return Number(token);
};

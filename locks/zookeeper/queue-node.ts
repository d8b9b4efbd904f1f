/**
 * Names of the nodes that stand in a lock's queue, in the form that Curator gives to them:
 * `_c_<uuid>-lock-0000000017`. The prefix tells one claim's nodes from all others, the server
 * appends the sequence number.
 */
import { randomUUID } from "node:crypto";

/** Orders two sequence numbers, as the server has written them: negative when `one` is first. */
export type CompareSequences = (one: string, other: string) => number;

export const newPrefix = (): string => `_c_${randomUUID()}-`;

export const stemOf = (queue: string, prefix: string): string => `${queue}/${prefix}lock-`;

/** Ten characters, or eleven from -1000000000 down, where the server's 32 bits have overflown. */
const lockNode = /lock-(\d{10}|-\d{9,10})$/;

const sequenceOf = (node: string): string | undefined => lockNode.exec(node)?.[1];

/**
 * Who stands right before a node among the children of its queue: the path of that node, or `first`
 * when nobody does, or `absent` when the node itself is not there. Children that are no lock nodes,
 * such as the queues of locks below this one, do not count.
 */
export const placeIn = (
  queue: string,
  children: readonly string[],
  ownPath: string,
  compare: CompareSequences,
): { is: "first" | "absent" } | { is: "behind"; path: string } => {
  const own = ownPath.slice(queue.length + 1);
  const ownSequence = sequenceOf(own);
  if (ownSequence === undefined || !children.includes(own)) return { is: "absent" };
  let last: { child: string; sequence: string } | undefined;
  for (const child of children) {
    const sequence = sequenceOf(child);
    if (sequence === undefined || compare(sequence, ownSequence) >= 0) continue;
    if (last === undefined || compare(last.sequence, sequence) < 0) last = { child, sequence };
  }
  return last === undefined ? { is: "first" } : { is: "behind", path: `${queue}/${last.child}` };
};

/** The path and all its ancestors, the topmost first: what must exist before a child of it can. */
export const withAncestors = (path: string): string[] => {
  const segments = path.split("/").slice(1);
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join("/")}`);
};

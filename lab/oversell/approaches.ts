/**
 * The ways to sell the units of a SKU that race here: who they are, and what can be said of each
 * without running it. buy.ts has what each does.
 */
import type { BackendName } from "../../locks/locks.ts";

/** Each backend of the lock library's: one that is missing here does not compile. */
export const lockNames = Object.keys({
  dynamodb: true,
  redis: true,
  redisson: true,
  zookeeper: true,
  curator: true,
} satisfies Record<BackendName, true>) as BackendName[];

export type ApproachName = "unguarded" | BackendName | "case-2" | "reserve";

/** What `--approaches` takes. A lock stands for its two ways, unfenced and fenced. */
export const approachNames: ApproachName[] = ["unguarded", ...lockNames, "case-2", "reserve"];

export type Fencing = "unfenced" | "fenced";

/** One way: a row of the tables. */
export type Approach = { name: "unguarded" | "case-2" | "reserve" } | ApproachUnderLock;
export interface ApproachUnderLock {
  name: BackendName;
  fencing: Fencing;
}

export const isUnderLock = (approach: Approach): approach is ApproachUnderLock =>
  "fencing" in approach;

/** The server that each relies on most: where a lock is, the lock's. */
export const serverOf: Record<ApproachName, "dynamodb" | "redis" | "zookeeper"> = {
  unguarded: "dynamodb",
  dynamodb: "dynamodb",
  redis: "redis",
  redisson: "redis",
  zookeeper: "zookeeper",
  curator: "zookeeper",
  "case-2": "dynamodb",
  reserve: "dynamodb",
};
export type ServerName = (typeof serverOf)[ApproachName];

/** All ways of these names, in the order of the tables. */
export const approachesOf = (names: readonly ApproachName[]): Approach[] => {
  const chosen = (name: ApproachName): boolean => names.includes(name);
  const underLock = (fencing: Fencing): Approach[] =>
    lockNames.filter(chosen).map((name) => ({ name, fencing }));
  const alone = (name: "unguarded" | "case-2" | "reserve"): Approach[] =>
    chosen(name) ? [{ name }] : [];
  return [
    ...alone("unguarded"),
    ...underLock("unfenced"),
    ...underLock("fenced"),
    ...alone("case-2"),
    ...alone("reserve"),
  ];
};

/** The heading of the rows that it is among. */
export const groupOf = (approach: Approach): string => {
  if (isUnderLock(approach)) return `Case 1 under a lock, ${approach.fencing}`;
  return approach.name === "unguarded" ? "Case 1, nothing guards it" : "Case 2, no lock";
};

/** Unlike any other approach's, for the name of a SKU or the key of a map. */
export const keyOf = (approach: Approach): string =>
  isUnderLock(approach) ? `${approach.name}-${approach.fencing}` : approach.name;

/** Whether it is the one of its name, or of both ways under its lock the unfenced one. */
export const isFirstOfItsName = (approach: Approach): boolean =>
  !isUnderLock(approach) || approach.fencing === "unfenced";

/** Whether it sells exactly the units, however the buyers' processes are stopped meanwhile. */
export const isSafeWhenFrozen = (approach: Approach): boolean =>
  isUnderLock(approach) ? approach.fencing === "fenced" : approach.name !== "unguarded";

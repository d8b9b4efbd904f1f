/** What is said of each approach beside its figures. */
import type { BackendName } from "../../locks/locks.ts";
import { isUnderLock, type Approach, type ApproachName, type ServerName } from "./approaches.ts";

/** What each gives up, when it has to: the price of all else that it promises. */
export const givesUp: Record<ApproachName, string> = {
  unguarded: "the count",
  dynamodb: "speed, when many wait",
  redis: "exclusion, at a failover",
  redisson: "exclusion, at a failover",
  zookeeper: "service, without a majority",
  curator: "service, without a majority",
  "case-2": "the answer, when it is lost",
  reserve: "nothing: a repeat is recognised",
};

const waiting: Record<BackendName, string> = {
  dynamodb: "Who waits polls the row, with jitter.",
  redis: "Who waits polls over HTTP, with jitter.",
  redisson: "Who waits is woken by a message, and all of them at once.",
  zookeeper: "Who waits stands in a queue and is woken in turn.",
  curator: "Who waits stands in a queue and is woken in turn, as Java's Curator does it.",
};

/** Of the race in which nothing goes wrong. */
export const explainRace = (approach: Approach): string => {
  if (isUnderLock(approach)) {
    const { name, fencing } = approach;
    return fencing === "unfenced"
      ? `Read and write under a lock of ${name}: one buyer at a time. ${waiting[name]}`
      : `The same, and the record keeps the greatest token that it has seen. ${waiting[name]}`;
  }
  switch (approach.name) {
    case "unguarded":
      return "Reads the count, subtracts and writes the target count: whoever read the same count wins too.";
    case "case-2":
      return "The database subtracts where enough is available: one request, and nobody waits for anybody.";
    case "reserve":
      return "Holdfast's reserve: the same condition and a record of the hold in one transaction.";
  }
};

/** Of the race in which a holder is frozen past its lease. */
export const explainFrozen = (approach: Approach): string => {
  if (isUnderLock(approach)) {
    return approach.fencing === "unfenced"
      ? "Its lease has ended, others have sold out, and it writes its old count: all is sold once more."
      : "The frozen holder's token is too small by then: its write is refused, and it finds nothing left.";
  }
  return approach.name === "unguarded"
    ? "The frozen buyer brings back what was sold while it stood still, and others did so before."
    : "Nothing was read that could be too old: the condition is asked when the write arrives.";
};

/** Of a dead holder, and of a server that fails. */
export const explainRecovery = ({ name }: Approach): string => {
  switch (name) {
    case "unguarded":
      return "Nobody waits for a dead buyer; and nobody notices what it has overwritten.";
    case "dynamodb":
      return "A dead holder's row is free at the end of its lease, and of the allowance for clocks, here 0. A restart loses no lock.";
    case "redis":
    case "redisson":
      return "A dead holder's key is gone at the end of its lease. A replica that becomes the primary has not heard of the last locks, and grants them again.";
    case "zookeeper":
    case "curator":
      return "A dead holder's node is gone when its session is. Without a leader nobody gets in, and no lock is lost.";
    case "case-2":
      return "Nobody waits for a dead buyer. A repeat after a lost answer subtracts twice.";
    case "reserve":
      return "Nobody waits for a dead buyer. A repeat with the same key meets the hold that is there.";
  }
};

/** In the order of the table: how each server is made to fail. */
export const failures: Record<ServerName, string> = {
  dynamodb: "DynamoDB: the engine is killed and started again",
  redis: "Redis: the primary is killed, a replica promoted at once",
  zookeeper: "ZooKeeper: the leader of three is killed",
};

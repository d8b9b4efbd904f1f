/**
 * Contenders in several processes around one critical section, with this process as the referee: it
 * hears who enters and leaves by their channels, not by the server whose locks are tried.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Contention, Entry, Exit, Passage } from "./contender.ts";

export interface ContentionPlan extends Contention {
  processes: number;
  /** Ends after so many sections and kills, at the least. */
  sections: number;
  kills: number;
  /**
   * Kills the process of the next one to enter, and starts another process, when this time has passed
   * since somebody entered after the last kill: while a dead holder's lease lasts nobody enters.
   */
  killAfterMs: number;
  /** Ends without all sections; which the referee's report then shows. */
  limitMs: number;
}

export interface RefereeReport {
  sections: number;
  /** How often two were inside at the same time of whom neither had lost its lease. */
  overlaps: number;
  /** How often a token was not greater than all before, under a lease that was not lost. */
  tokensThatFell: number;
  kills: number;
  /** Why acquisitions failed. */
  failures: string[];
  /** Contenders that did not end when they were asked to. */
  stuck: number;
}

/** One context of one process in the section, from when it says so until it has left. */
interface Visit {
  child: ChildProcess;
  context: number;
  /** Who was inside at the same time. */
  others: Visit[];
  hasLowToken: boolean;
  /** Said when it leaves; whoever is killed does not say it. */
  wasLost?: boolean;
}

const program = fileURLToPath(new URL("contender.ts", import.meta.url));
const stopTimeoutMs = 60_000;

export const runContention = async (plan: ContentionPlan): Promise<RefereeReport> => {
  const { processes, sections, kills, killAfterMs, limitMs, ...contention } = plan;
  const report: RefereeReport = {
    sections: 0,
    overlaps: 0,
    tokensThatFell: 0,
    kills: 0,
    failures: [],
    stuck: 0,
  };
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const contenders = new Set<ChildProcess>();
  const inside = new Set<Visit>();
  let lastToken = 0;
  let killTimer: NodeJS.Timeout | undefined;
  let killsNext = false;
  let isEnding = false;

  const enter = (child: ChildProcess, { context, token }: Entry): void => {
    if (killsNext) return kill(child);
    killTimer ??= setTimeout(() => (killsNext = true), killAfterMs);
    const visit: Visit = { child, context, others: [...inside], hasLowToken: token <= lastToken };
    for (const other of inside) other.others.push(visit);
    inside.add(visit);
    lastToken = Math.max(lastToken, token);
  };

  /** What it did to others counts, unless its lease has told that it was over. */
  const leave = (child: ChildProcess, { context, wasLost }: Exit): void => {
    for (const visit of inside) {
      if (visit.child !== child || visit.context !== context) continue;
      inside.delete(visit);
      visit.wasLost = wasLost;
      if (wasLost) continue;
      report.overlaps += visit.others.filter((other) => other.wasLost === false).length;
      report.tokensThatFell += Number(visit.hasLowToken);
    }
    report.sections += 1;
    if (report.sections >= sections && report.kills >= kills) finish();
  };

  const hear = (child: ChildProcess, passage: Passage): void => {
    // What a process said before it was killed is heard after.
    if (!contenders.has(child)) return;
    if (passage.passage === "failed") report.failures.push(passage.code);
    else if (passage.passage === "enter") enter(child, passage);
    else leave(child, passage);
    if (passage.passage !== "failed" && contenders.has(child)) {
      child.send({ goOn: passage.context });
    }
  };

  const start = (): void => {
    const child = fork(program, [JSON.stringify(contention)]);
    contenders.add(child);
    child.on("message", (passage) => hear(child, passage as Passage));
    child.on("exit", () => {
      contenders.delete(child);
      // A contender that ends by itself before its time has failed.
      if (!isEnding && !child.killed) report.failures.push(`ended with ${child.exitCode}`);
    });
  };

  /** While it holds the lock: nobody releases that. */
  const kill = (child: ChildProcess): void => {
    killsNext = false;
    killTimer = undefined;
    contenders.delete(child);
    for (const visit of inside) if (visit.child === child) inside.delete(visit);
    report.kills += 1;
    child.kill("SIGKILL");
    start();
  };

  for (let index = 0; index < processes; index += 1) start();
  const limitTimer = setTimeout(finish, limitMs);
  await done;
  clearTimeout(killTimer);
  clearTimeout(limitTimer);

  isEnding = true;
  const stopping = [...contenders].map(async (child) => {
    const ended = once(child, "exit");
    child.send("stop");
    const timer = setTimeout(() => {
      report.stuck += 1;
      child.kill("SIGKILL");
    }, stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  });
  await Promise.all(stopping);
  return report;
};

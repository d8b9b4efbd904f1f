/**
 * Contenders in several processes around one critical section, with this process as the referee: it
 * hears who enters and leaves by their channels, not by the server whose locks are tried.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Contention, Passage } from "./contender.ts";

export interface ContentionPlan extends Contention {
  processes: number;
  /** Ends after so many sections. */
  sections: number;
  /** Kills the process that is inside, this often, and starts another one. */
  killEveryMs: number;
  /** Ends without all sections; which the referee's report then shows. */
  limitMs: number;
}

export interface RefereeReport {
  sections: number;
  /** How often somebody entered while another one, alive, was inside. */
  overlaps: number;
  /** How often a token was not greater than the last one. */
  tokensThatFell: number;
  kills: number;
  /** Why acquisitions failed. */
  failures: string[];
  /** Contenders that did not end when they were asked to. */
  stuck: number;
}

const program = fileURLToPath(new URL("contender.ts", import.meta.url));
const stopTimeoutMs = 60_000;

export const runContention = async (plan: ContentionPlan): Promise<RefereeReport> => {
  const { processes, sections, killEveryMs, limitMs, ...contention } = plan;
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
  /** Who is inside, as far as is known: one process and context, or nobody. */
  let inside: { child: ChildProcess; context: number } | undefined;
  let lastToken = 0;
  let isEnding = false;

  const hear = (child: ChildProcess, passage: Passage): void => {
    // What a process said before it was killed is heard after.
    if (!contenders.has(child)) return;
    if (passage.passage === "failed") {
      report.failures.push(passage.code);
    } else if (passage.passage === "enter") {
      if (inside !== undefined) report.overlaps += 1;
      if (passage.token <= lastToken) report.tokensThatFell += 1;
      lastToken = passage.token;
      inside = { child, context: passage.context };
      child.send({ goOn: passage.context });
    } else {
      if (inside?.child === child && inside.context === passage.context) inside = undefined;
      report.sections += 1;
      if (report.sections >= sections) finish();
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

  const killWhoIsInside = (): void => {
    if (inside === undefined) return;
    const { child } = inside;
    inside = undefined;
    contenders.delete(child);
    report.kills += 1;
    child.kill("SIGKILL");
    start();
  };

  for (let index = 0; index < processes; index += 1) start();
  const killTimer = setInterval(killWhoIsInside, killEveryMs);
  const limitTimer = setTimeout(finish, limitMs);
  await done;
  clearInterval(killTimer);
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

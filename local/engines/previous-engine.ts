/**
 * An engine outlives a run that was killed by the moment that it takes to write its data. The next
 * run on the same data waits for that, by the process group that the earlier one left a note of.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Longer than a guard lets its engine live. What then still has that number is somebody else. */
const waitMsMax = 4_000;
const pauseMs = 20;

const noteIn = (dataDirectory: string): string => join(dataDirectory, "engine.pid");

export const noteEngine = (dataDirectory: string, groupId: number): Promise<void> =>
  writeFile(noteIn(dataDirectory), `${groupId}\n`);

/** Resolves when no engine of an earlier run uses the folder any longer. */
export const waitForPreviousEngine = async (dataDirectory: string): Promise<void> => {
  const note = await readFile(noteIn(dataDirectory), "utf8").catch(() => "");
  const groupId = Number.parseInt(note, 10);
  if (!(groupId > 1)) return;
  const deadlineMs = performance.now() + waitMsMax;
  while (isAlive(groupId) && performance.now() < deadlineMs) await delay(pauseMs);
};

const isAlive = (groupId: number): boolean => {
  try {
    process.kill(-groupId, 0);
    return true;
  } catch {
    return false;
  }
};

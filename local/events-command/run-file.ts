/** The local run that is ready, as its `run.json` tells. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunDescription } from "../data-folder.ts";
import { localAccountId, localRegion } from "../local-account.ts";

/** Nobody is there to talk to, or not of this. */
export class NoRun extends Error {
  override readonly name = "NoRun";
}

export interface ReadyRun extends RunDescription {
  messaging: string;
}

export const findRun = async (dataPath = ".holdfast"): Promise<ReadyRun> => {
  const text = await readFile(join(dataPath, "run.json"), "utf8").catch(() => undefined);
  const run = text === undefined ? undefined : (JSON.parse(text) as RunDescription);
  if (run === undefined || !isAlive(run.pid)) {
    throw new NoRun(`No local run is ready in ${dataPath}. Start one with: npm start`);
  }
  const { messaging } = run;
  if (messaging === undefined) throw new NoRun(`The run in ${dataPath} has no topics.`);
  return { ...run, messaging };
};

/** A run that was killed has left its file. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The local ARN of the topic that an output names. A topic outside of the app has its name here. */
export const topicOf = ({ outputs }: RunDescription, output: string): string => {
  const arn = outputs[output];
  if (arn === undefined) throw new NoRun(`The app that runs has no output ${output}.`);
  return `arn:aws:sns:${localRegion}:${localAccountId}:${arn.split(":").at(-1)}`;
};

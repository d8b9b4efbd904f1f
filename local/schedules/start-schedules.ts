/** Calls functions at their rates, with the event that EventBridge sends. */
import { randomUUID } from "node:crypto";
import type { ScheduleDescription } from "../assembly/read-schedules.ts";
import type { Functions } from "../functions/start-functions.ts";
import { localAccountId, localRegion } from "../local-account.ts";

export interface Schedules {
  stop(): Promise<void>;
}

export interface SchedulesOptions {
  schedules: readonly ScheduleDescription[];
  invoke: Functions["invoke"];
  /** One line on a call that failed. */
  onFailure: (message: string) => void;
}

/** Longer waits than a timer takes, such as a month, are done in parts. */
const timerMsMax = 2 ** 31 - 1;

export const startSchedules = ({ schedules, invoke, onFailure }: SchedulesOptions): Schedules => {
  const timers = new Set<NodeJS.Timeout>();

  const call = async ({ logicalId, functionId }: ScheduleDescription): Promise<void> => {
    const { isFailed } = await invoke(functionId, JSON.stringify(scheduledEvent(logicalId)));
    if (isFailed) onFailure(`${functionId} failed when ${logicalId} called it`);
  };

  const wait = (schedule: ScheduleDescription, leftMs: number): void => {
    const partMs = Math.min(leftMs, timerMsMax);
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (leftMs > partMs) return wait(schedule, leftMs - partMs);
      wait(schedule, schedule.everyMs);
      void call(schedule);
    }, partMs);
    timers.add(timer);
  };

  for (const schedule of schedules) wait(schedule, schedule.everyMs);
  return {
    stop: async () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
const scheduledEvent = (ruleName: string) => ({
  version: "0",
  id: randomUUID(),
  "detail-type": "Scheduled Event",
  source: "aws.events",
  account: localAccountId,
  time: new Date().toISOString().replace(/\.\d{3}Z$/, "Z"),
  region: localRegion,
  resources: [`arn:aws:events:${localRegion}:${localAccountId}:rule/${ruleName}`],
  detail: {},
});

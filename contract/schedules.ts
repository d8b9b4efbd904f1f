/** What runs by itself, and how often. Read by the stack; the functions have these names. */
import { auditIntervalMinutes, sweepIntervalMinutes } from "./bounds.ts";

export interface Schedule {
  /** Between two runs. */
  minutes: number;
}

export const schedules = {
  sweep: { minutes: sweepIntervalMinutes },
  audit: { minutes: auditIntervalMinutes },
} as const satisfies Record<string, Schedule>;

export type ScheduledFunctionName = keyof typeof schedules;

/** The rules of the template by which EventBridge calls functions at a rate. */
import { LocalRunError } from "../local-run-error.ts";
import type { Resolver } from "./intrinsics.ts";
import type { UnreadFunction } from "./read-functions.ts";

export interface ScheduleDescription {
  logicalId: string;
  everyMs: number;
  /** Logical id of what it calls. */
  functionId: string;
}

interface RuleProperties {
  ScheduleExpression?: string;
  State?: string;
  Targets?: { Arn: string }[];
}

const unitsMs: Record<string, number> = {
  minute: 60_000,
  hour: 60 * 60_000,
  day: 24 * 60 * 60_000,
};

export const readSchedules = (
  resolver: Resolver,
  functions: readonly UnreadFunction[],
): ScheduleDescription[] =>
  resolver.idsOf("AWS::Events::Rule").flatMap((logicalId) => {
    const rule = resolver.read<RuleProperties>(logicalId, [
      "ScheduleExpression",
      "State",
      "Targets",
    ]);
    // A rule without one waits for events, of which there are none here.
    if (rule.ScheduleExpression === undefined || rule.State === "DISABLED") return [];
    const everyMs = readRate(logicalId, rule.ScheduleExpression);
    return (rule.Targets ?? []).map(({ Arn }) => {
      const target = functions.find(({ arn }) => arn === Arn);
      if (target === undefined) {
        const message = `The rule ${logicalId} has the target ${Arn}; only functions of the app are called here.`;
        throw new LocalRunError("assembly", message);
      }
      return { logicalId, everyMs, functionId: target.logicalId };
    });
  });

const readRate = (logicalId: string, expression: string): number => {
  const [, count, unit] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const everyMs = Number(count) * (unitsMs[unit ?? ""] ?? Number.NaN);
  if (everyMs > 0) return everyMs;
  const message = `The rule ${logicalId} has the schedule ${expression}; only rate(…) is run here.`;
  throw new LocalRunError("assembly", message);
};

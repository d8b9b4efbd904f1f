/** Has EventBridge call the functions that run by themselves. */
import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { schedules, type ScheduledFunctionName } from "../contract/schedules.ts";

/** A call that fails is not repeated: the next one is due before a repeat would help. */
export const createSchedules = (
  scope: Construct,
  functions: Record<ScheduledFunctionName, IFunction>,
): void => {
  for (const [name, { minutes }] of Object.entries(schedules)) {
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Schedule`;
    new Rule(scope, id, {
      description: `Holdfast: runs ${name}`,
      schedule: Schedule.rate(Duration.minutes(minutes)),
      targets: [new LambdaFunction(functions[name as ScheduledFunctionName], { retryAttempts: 0 })],
    });
  }
};

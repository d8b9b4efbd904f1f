import { expect, test } from "vitest";
import { sweepIntervalMinutes, sweepTimeoutSeconds } from "../../contract/bounds.ts";
import { resourcesOf, spoken, spokenName, synthesize } from "./synthesize.ts";

const rules = resourcesOf(synthesize(), "AWS::Events::Rule").map(({ logicalId, properties }) => {
  const { ScheduleExpression, State, Targets } = properties as unknown as {
    ScheduleExpression: string;
    State: string;
    Targets: { Arn: unknown; RetryPolicy: { MaximumRetryAttempts: number } }[];
  };
  return {
    name: spokenName(logicalId),
    rate: ScheduleExpression,
    state: State,
    targets: Targets.map(({ Arn }) => spoken(Arn)),
    retries: Targets.map(({ RetryPolicy }) => RetryPolicy.MaximumRetryAttempts),
  };
});

test("dead holds are swept every minute, the invariants audited every day", () => {
  const enabled = { state: "ENABLED", retries: [0] };
  expect(rules).toEqual([
    { name: "SweepSchedule", rate: "rate(1 minute)", targets: ["SweepFunction"], ...enabled },
    { name: "AuditSchedule", rate: "rate(1 day)", targets: ["AuditFunction"], ...enabled },
  ]);
});

test("a sweep has ended when the next one begins", () => {
  expect(sweepTimeoutSeconds).toBeLessThanOrEqual(sweepIntervalMinutes * 60);
});

/** A log group with an end: logs that are kept for ever are paid for for ever. */
import type { RemovalPolicy } from "aws-cdk-lib";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface LogSettings {
  retention: RetentionDays;
  removalPolicy: RemovalPolicy;
}

export const createLogGroup = (scope: Construct, id: string, logs: LogSettings): LogGroup =>
  new LogGroup(scope, id, logs);

/** The functions, each with its duty (duties.ts) and its bundle (bundled-function.ts). */
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import * as environment from "../contract/environment.ts";
import { createBundledFunction } from "./bundled-function.ts";
import { type AnyFunctionName, type DutiesProps, dutiesOver } from "./duties.ts";
import type { LogSettings } from "./log-group.ts";
import { packageVersion } from "./package-version.ts";

export type LogLevel = "DEBUG" | "INFO" | "WARN" | "ERROR";

export interface FunctionsProps extends DutiesProps {
  logs: LogSettings;
  logLevel: LogLevel;
  serviceVersion?: string;
}

export const createFunctions = (
  scope: Construct,
  props: FunctionsProps,
): Record<AnyFunctionName, NodejsFunction> => {
  const duties = dutiesOver(scope, props);
  const everyFunctionsVariables = {
    [environment.serviceVersion]: props.serviceVersion ?? packageVersion(),
    POWERTOOLS_SERVICE_NAME: "holdfast",
    POWERTOOLS_METRICS_NAMESPACE: "Holdfast",
    POWERTOOLS_LOG_LEVEL: props.logLevel,
  };
  const encryptionKey = props.tables.stock.encryptionKey;
  const create = (name: AnyFunctionName): NodejsFunction =>
    createBundledFunction(scope, {
      name,
      duty: duties[name],
      logs: props.logs,
      everyFunctionsVariables,
      ...(encryptionKey && { encryptionKey }),
    });
  const names = Object.keys(duties) as AnyFunctionName[];
  return Object.fromEntries(names.map((name) => [name, create(name)])) as Record<
    AnyFunctionName,
    NodejsFunction
  >;
};

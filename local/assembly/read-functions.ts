/** The Lambda functions of the template: their bundles on disk and what their runtime is told. */
import { extname } from "node:path";
import { LocalRunError } from "../local-run-error.ts";
import type { Resolver } from "./intrinsics.ts";
import type { Assembly } from "./read-assembly.ts";

export interface FunctionDescription {
  logicalId: string;
  name: string;
  arn: string;
  /** Absolute path of the folder that holds the bundle. */
  directory: string;
  /** File without its extension and name of the export, for example `index.handler`. */
  handler: string;
  runtime: string;
  memoryMiB: number;
  timeoutMs: number;
  logGroupName: string;
  /** The variables of the template, and no others. */
  environment: Record<string, string>;
}

/** A function is read when something calls it: another may be of a kind that is not run here. */
export interface UnreadFunction {
  logicalId: string;
  name: string;
  arn: string;
  read(): FunctionDescription;
}

interface FunctionProperties {
  Code: { S3Key?: string };
  Handler: string;
  Runtime: string;
  MemorySize?: number;
  Timeout?: number;
  LoggingConfig?: { LogGroup?: string };
  Environment?: { Variables?: Record<string, unknown> };
}

/** Lambda's own, for what the template does not say. */
const memoryMiBDefault = 128;
const timeoutSecondsDefault = 3;

export const readFunctions = (assembly: Assembly, resolver: Resolver): UnreadFunction[] =>
  resolver.idsOf("AWS::Lambda::Function").map((logicalId) => {
    const arn = resolver.resolve({ "Fn::GetAtt": [logicalId, "Arn"] }, logicalId) as string;
    const name = resolver.resolve({ Ref: logicalId }, logicalId) as string;
    const named = { logicalId, name, arn };
    return { ...named, read: () => readFunction(assembly, resolver, named) };
  });

const readFunction = (
  assembly: Assembly,
  resolver: Resolver,
  { logicalId, name, arn }: { logicalId: string; name: string; arn: string },
): FunctionDescription => {
  const properties = resolver.read<FunctionProperties>(logicalId, [
    "Code",
    "Handler",
    "Runtime",
    "MemorySize",
    "Timeout",
    "LoggingConfig",
    "Environment",
  ]);
  const { Code, Handler, Runtime } = properties;
  if (!Runtime?.startsWith("nodejs")) {
    const message = `The function ${logicalId} has the runtime ${Runtime}; only nodejs is run here.`;
    throw new LocalRunError("assembly", message);
  }
  const directory = Code.S3Key === undefined ? undefined : assembly.assetPathOf(Code.S3Key);
  if (directory === undefined || extname(directory) === ".zip") {
    const message = `The function ${logicalId} has no bundle in the app: its Code must be an asset folder.`;
    throw new LocalRunError("assembly", message);
  }
  return {
    logicalId,
    name,
    arn,
    directory,
    handler: Handler,
    runtime: Runtime,
    memoryMiB: properties.MemorySize ?? memoryMiBDefault,
    timeoutMs: (properties.Timeout ?? timeoutSecondsDefault) * 1_000,
    logGroupName: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    environment: asText(properties.Environment?.Variables ?? {}),
  };
};

const asText = (variables: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));

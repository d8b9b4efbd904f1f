import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { project } from "../app/project.ts";

/** A function of the synthesized app, and the file of this project that it was bundled from. */
export interface BundledFunction {
  name: string;
  entryPath: string;
  bundlePath: string;
  /** What Lambda sets when it starts the function. */
  environment: Record<string, string>;
}

interface Resource {
  Type: string;
  Properties: {
    Code: { S3Key: string };
    MemorySize?: number;
    Runtime: string;
    Environment?: { Variables?: Record<string, unknown> };
  };
}

/** @param assemblyPath folder with the one stack `Holdfast` */
export const readFunctions = async (assemblyPath: string): Promise<BundledFunction[]> => {
  const text = await readFile(join(assemblyPath, "Holdfast.template.json"), "utf8");
  const { Resources } = JSON.parse(text) as { Resources: Record<string, Resource> };
  const functions: BundledFunction[] = [];
  for (const [logicalId, { Type, Properties }] of Object.entries(Resources)) {
    const name = nameIn(logicalId);
    if (Type !== "AWS::Lambda::Function" || name === undefined) continue;
    const entryPath = project(`functions/${name}.ts`);
    // CDK's own functions, for custom resources, come from elsewhere.
    if (!existsSync(entryPath)) continue;
    const asset = `asset.${basename(Properties.Code.S3Key, ".zip")}`;
    functions.push({
      name,
      entryPath,
      bundlePath: join(assemblyPath, asset, "index.mjs"),
      environment: environmentOf(logicalId, Properties),
    });
  }
  if (functions.length === 0) throw new Error(`There is no function in ${assemblyPath}.`);
  return functions;
};

/** `HoldfastReserveFunction3766C583` is bundled from `functions/reserve.ts`. */
const nameIn = (logicalId: string): string | undefined =>
  /^Holdfast(\w+)Function[0-9A-F]{8}$/
    .exec(logicalId)?.[1]
    ?.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase();

const environmentOf = (logicalId: string, properties: Resource["Properties"]) => {
  const variables = Object.entries(properties.Environment?.Variables ?? {});
  return {
    ...Object.fromEntries(variables.map(([name, value]) => [name, asText(value)])),
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: "local",
    AWS_EXECUTION_ENV: `AWS_Lambda_${properties.Runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: logicalId,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties.MemorySize ?? 128),
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    TZ: ":UTC",
  };
};

/** A start looks at no table: any name will do for a reference to one. */
const asText = (value: unknown): string => (typeof value === "string" ? value : "unresolved");

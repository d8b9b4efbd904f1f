/** The environment of a function: the template's variables and those that Lambda sets, no others. */
import { join } from "node:path";
import { readdirSync } from "node:fs";
import type { FunctionDescription } from "../assembly/read-functions.ts";
import { localCredentials, localRegion } from "../local-account.ts";
import { LocalRunError } from "../local-run-error.ts";

/** Where services are on this machine, by the ids that the SDK has for them, such as `dynamodb`. */
export type ServiceEndpoints = Readonly<Record<string, string>>;

/** Nothing of this machine's environment gets in: what works here must work when deployed. */
export const environmentOf = (
  description: FunctionDescription,
  endpoints: ServiceEndpoints,
): Record<string, string> => ({
  ...description.environment,
  AWS_REGION: localRegion,
  AWS_DEFAULT_REGION: localRegion,
  AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
  AWS_SESSION_TOKEN: localCredentials.sessionToken,
  AWS_EXECUTION_ENV: `AWS_Lambda_${description.runtime}`,
  AWS_LAMBDA_FUNCTION_NAME: description.name,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(description.memoryMiB),
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
  AWS_LAMBDA_LOG_GROUP_NAME: description.logGroupName,
  AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
  LAMBDA_TASK_ROOT: description.directory,
  LANG: "en_US.UTF-8",
  TZ: ":UTC",
  _HANDLER: description.handler,
  ...Object.fromEntries(
    Object.entries(endpoints).map(([id, url]) => [`AWS_ENDPOINT_URL_${id.toUpperCase()}`, url]),
  ),
});

export const logStreamName = "local";

/** Lambda looks for the handler's module in this order. */
const extensions = [".mjs", ".js", ".cjs"];

/** Where the handler is: the bundle's file and the name of its export. */
export const locateHandler = (
  description: FunctionDescription,
): { bundlePath: string; exportName: string } => {
  const { directory, handler, logicalId } = description;
  const dot = handler.lastIndexOf(".");
  const moduleName = handler.slice(0, dot);
  let files: string[] = [];
  try {
    files = readdirSync(directory);
  } catch {
    // Told below: a folder that is not there has no file either.
  }
  const file = extensions.map((one) => moduleName + one).find((name) => files.includes(name));
  if (file === undefined) {
    const message =
      `The function ${logicalId} has no bundle: there is no ${moduleName}.mjs in ${directory}. ` +
      "Synthesize the app again: npm run synth";
    throw new LocalRunError("function", message);
  }
  return { bundlePath: join(directory, file), exportName: handler.slice(dot + 1) };
};

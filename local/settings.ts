/** What the one who starts the run may choose: three variables and the app's folder. */
import { defaultEngine, type EngineChoice } from "./engines/start-engine.ts";
import { LocalRunError } from "./local-run-error.ts";

export interface Settings {
  /** Folder of the synthesized app. */
  assemblyPath: string;
  /** 0 is any free port. */
  port: number;
  dataPath: string;
  engine: EngineChoice;
}

const portMax = 65_535;

/** Throws a LocalRunError of code `setting` that names the value and what is accepted. */
export const readSettings = (
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Settings => {
  const [assemblyPath = "cdk.out", ...others] = args;
  if (others.length > 0 || assemblyPath.startsWith("-")) {
    const message = `Usage: node local/main.ts [folder of the synthesized app], not: ${args.join(" ")}`;
    throw new LocalRunError("setting", message);
  }
  return {
    assemblyPath,
    port: readPort(variables["PORT"]),
    dataPath: readDataPath(variables["HOLDFAST_DATA"]),
    engine: readEngine(variables["HOLDFAST_ENGINE"]),
  };
};

const refusal = (name: string, value: string, accepted: string): LocalRunError =>
  new LocalRunError("setting", `${name}=${value} is not accepted: it must be ${accepted}.`);

const readPort = (value = "3000"): number => {
  const port = Number(value);
  if (/^\d+$/.test(value) && port <= portMax) return port;
  throw refusal("PORT", value, `a whole number from 0 (any free port) to ${portMax}`);
};

const readDataPath = (value = ".holdfast"): string => {
  if (value.trim() !== "" && !value.includes("\0")) return value;
  throw refusal("HOLDFAST_DATA", value, "the path of a folder, such as .holdfast");
};

const readEngine = (value: string | undefined): EngineChoice => {
  if (value === undefined || value === "") return defaultEngine();
  if (value === "dynoxide" || value === "dynamodb-local") return value;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return value as `http${string}`;
  const accepted = "dynoxide, dynamodb-local or the http(s) address of a DynamoDB";
  throw refusal("HOLDFAST_ENGINE", value, accepted);
};

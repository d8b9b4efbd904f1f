/**
 * The local run as a user starts it, on free ports and in a folder of its own. Everything that is
 * known of it comes from its last line and from the `run.json` that it writes.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startNode } from "./child.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

export interface RunningApp extends AsyncDisposable {
  /** Address of the HTTP API. */
  endpoint: string;
  /** Address of the DynamoDB API that it uses. */
  dynamodb: string;
  /** What that is: `dynoxide`, `dynamodb-local` or an address. */
  engine: string;
  tables: { stock: string; reservations: string; movements: string; locks: string };
}

interface RunDescription {
  endpoint: string;
  dynamodb: string;
  outputs: Record<string, string>;
}

/** @param engine another DynamoDB's address; when absent HOLDFAST_ENGINE, or the local run's own */
export const startApp = async (assemblyPath: string, engine?: string): Promise<RunningApp> => {
  const resources = new AsyncDisposableStack();
  try {
    const folder = resources.use(await createTemporaryFolder());
    const child = startNode(["local/main.ts", assemblyPath], {
      PORT: "0",
      HOLDFAST_DATA: folder.path,
      ...(engine === undefined ? {} : { HOLDFAST_ENGINE: engine }),
    });
    resources.defer(() => child.stop());
    const output = await child.outputUntil(/^Holdfast is ready on \S+$/m);
    const run = JSON.parse(await readFile(join(folder.path, "run.json"), "utf8")) as RunDescription;
    return {
      endpoint: run.endpoint,
      dynamodb: run.dynamodb,
      engine: /^Database\s+(\S+)/m.exec(output)?.[1] ?? "an engine without a name",
      tables: {
        stock: tableOf(run, "Stock"),
        reservations: tableOf(run, "Reservations"),
        movements: tableOf(run, "Movements"),
        locks: tableOf(run, "Locks"),
      },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
};

const tableOf = ({ outputs }: RunDescription, name: string): string => {
  const tableName = outputs[`${name}TableName`];
  if (tableName === undefined) throw new Error(`The app has no output ${name}TableName.`);
  return tableName;
};

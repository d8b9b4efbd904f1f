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
  /** Address of the SNS and SQS APIs that it uses. */
  messaging: string;
  /** Their ARNs. */
  topics: { orderEvents: string; inventoryEvents: string };
}

interface RunDescription {
  endpoint: string;
  dynamodb: string;
  messaging: string;
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
        stock: outputOf(run, "StockTableName"),
        reservations: outputOf(run, "ReservationsTableName"),
        movements: outputOf(run, "MovementsTableName"),
        locks: outputOf(run, "LocksTableName"),
      },
      messaging: run.messaging,
      topics: {
        orderEvents: outputOf(run, "OrderEventsTopicArn"),
        inventoryEvents: outputOf(run, "InventoryEventsTopicArn"),
      },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    };
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
};

const outputOf = ({ outputs }: RunDescription, name: string): string => {
  const value = outputs[name];
  if (value === undefined) throw new Error(`The app has no output ${name}.`);
  return value;
};

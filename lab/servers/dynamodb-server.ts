/** The embedded engine, with its data on the disk, to be killed and started again. */
import { findDynoxide, dynoxideFileIn } from "../../local/engines/dynoxide.ts";
import { waitUntilReady } from "../../local/engines/engine.ts";
import { findFreePort } from "../../local/engines/free-port.ts";
import { startServerProcess } from "../../local/engines/server-process.ts";
import { startEngine } from "../../local/engines/start-engine.ts";

export interface DynamoDbServer {
  endpoint: string;
  engine: "dynoxide" | "dynamodb-local";
  /**
   * Kills it, and starts it again with its data. Undefined where that would be no test of anybody
   * but the engine: DynamoDB Local forgets what it has confirmed.
   */
  crash: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

/** It is asked again when it has not answered by then. */
const answerMs = 500;

/** @param dataDirectory an empty folder */
export const startDynamoDbServer = async (dataDirectory: string): Promise<DynamoDbServer> => {
  const command = findDynoxide();
  if (command === undefined) {
    const engine = await startEngine("dynamodb-local", { dataDirectory });
    return {
      endpoint: engine.endpoint,
      engine: "dynamodb-local",
      crash: undefined,
      stop: () => engine.stop(),
    };
  }
  const port = await findFreePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const file = dynoxideFileIn(dataDirectory);
  const server = await startServerProcess({
    name: "dynoxide",
    command,
    args: ["--host", "127.0.0.1", "--port", String(port), "--db-path", file],
    install: "npm ci",
    isReady: async () => (await waitUntilReady(endpoint, answerMs).answer) === "ready",
  });
  return {
    endpoint,
    engine: "dynoxide",
    crash: async () => {
      await server.kill();
      await server.restart();
    },
    stop: () => server.stop(),
  };
};

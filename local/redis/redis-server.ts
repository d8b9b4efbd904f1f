/** The real Redis, on a free port of the loopback interface. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { findFreePort } from "../engines/free-port.ts";
import { startServerProcess, type ServerProcess } from "../engines/server-process.ts";

export interface RedisServer extends ServerProcess {
  port: number;
  /** redis://127.0.0.1:<port> */
  url: string;
}

export interface RedisServerOptions {
  /** Writes every change to disk before it answers, and so keeps it over a restart. */
  appendOnly?: boolean;
  /** Keeps it over runs: a folder that is there. At most the last second's writes are lost. */
  dataDirectory?: string;
}

const isAnswering = async (url: string): Promise<boolean> => {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 500 } });
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } finally {
    client.destroy();
  }
};

/** Without `appendOnly` and `dataDirectory` it keeps nothing. */
export const startRedisServer = async ({
  appendOnly = false,
  dataDirectory,
}: RedisServerOptions = {}): Promise<RedisServer> => {
  const folder = dataDirectory ?? (await mkdtemp(join(tmpdir(), "holdfast-redis-")));
  const forget = async (): Promise<void> => {
    if (dataDirectory === undefined) await rm(folder, { recursive: true, force: true });
  };
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  const settings: Record<string, string> = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: appendOnly || dataDirectory !== undefined ? "yes" : "no",
    appendfsync: dataDirectory === undefined ? "always" : "everysec",
  };
  try {
    const server = await startServerProcess({
      name: "Redis",
      command: "redis-server",
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      install: "apt-get install redis-server",
      dataDirectory,
      isReady: () => isAnswering(url),
    });
    return {
      ...server,
      port,
      url,
      stop: async () => {
        await server.stop();
        await forget();
      },
    };
  } catch (error) {
    await forget();
    throw error;
  }
};

/** The real Redis, on a free port of the loopback interface. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { findFreePort } from "../../local/engines/free-port.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

export interface RedisServer extends ServerProcess {
  port: number;
  /** redis://127.0.0.1:<port> */
  url: string;
}

export interface RedisServerOptions {
  /** Writes every change to disk before it answers, and so keeps it over a restart. */
  appendOnly?: boolean;
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

/** Without `appendOnly` it keeps nothing. */
export const startRedisServer = async ({
  appendOnly = false,
}: RedisServerOptions = {}): Promise<RedisServer> => {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-redis-"));
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  const settings: Record<string, string> = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: appendOnly ? "yes" : "no",
    appendfsync: "always",
  };
  try {
    const server = await startServerProcess({
      name: "Redis",
      command: "redis-server",
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      install: "apt-get install redis-server",
      isReady: () => isAnswering(url),
    });
    return {
      ...server,
      port,
      url,
      stop: async () => {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
};

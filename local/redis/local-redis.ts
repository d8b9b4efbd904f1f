/**
 * Redis for the functions that speak Upstash's protocol: the machine's own redis-server behind the
 * bridge. What it is for may be missing (an e-mail is then sent twice), and so may Redis: the run
 * goes on without it, and when it dies. Next: redis-server.ts, upstash-bridge.ts.
 */
import { mkdir } from "node:fs/promises";
import type { FunctionDescription } from "../assembly/read-functions.ts";
import { ServerMissing } from "../engines/server-process.ts";
import { startRedisServer } from "./redis-server.ts";
import { startUpstashBridge } from "./upstash-bridge.ts";

export interface LocalRedis {
  /** Undefined when there is none. */
  access: { url: string; token: string } | undefined;
  /** Why there is none, and what to do. */
  absence: string | undefined;
  stop(): Promise<void>;
}

const urlVariable = "UPSTASH_REDIS_REST_URL";
const tokenVariable = "UPSTASH_REDIS_REST_TOKEN";

/** Whether the function asks for Redis. */
export const asksForRedis = ({ environment }: FunctionDescription): boolean =>
  urlVariable in environment;

/** Resolves also when there is no Redis to start. */
export const startLocalRedis = async (dataDirectory: string): Promise<LocalRedis> => {
  await mkdir(dataDirectory, { recursive: true });
  try {
    const server = await startRedisServer({ dataDirectory });
    const bridge = await startUpstashBridge({ redisUrl: server.url });
    return {
      access: { url: bridge.url, token: bridge.token },
      absence: undefined,
      stop: async () => {
        await bridge.stop();
        await server.stop();
      },
    };
  } catch (error) {
    const { message } = error as Error;
    const absence =
      error instanceof ServerMissing
        ? "none: install it with apt-get install redis-server"
        : `none: ${message}`;
    return { access: undefined, absence, stop: async () => {} };
  }
};

/** The functions that ask for Redis get ours, or nothing: never the address that is in the cloud. */
export const withRedis = (
  functions: readonly FunctionDescription[],
  access: LocalRedis["access"],
): FunctionDescription[] =>
  functions.map((description) => {
    if (!asksForRedis(description)) return description;
    const { url = "", token = "" } = access ?? {};
    const variables = { [urlVariable]: url, [tokenVariable]: token };
    return { ...description, environment: { ...description.environment, ...variables } };
  });

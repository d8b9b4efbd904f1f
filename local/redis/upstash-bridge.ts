/**
 * Upstash's REST protocol in front of a Redis, since Upstash ships no local server: what a client of
 * `@upstash/redis` needs, and no more. https://upstash.com/docs/redis/features/restapi
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createClient } from "@redis/client";
import { forThisMachine } from "../foreign-requests.ts";
import { readBody } from "../gateway/read-body.ts";
import { listenAnywhere } from "../loopback.ts";

export interface UpstashBridge {
  /** http://127.0.0.1:<port> */
  url: string;
  /** What a client has to present. */
  token: string;
  stop(): Promise<void>;
}

type Reply = string | number | null | Reply[];
type Answer = { result: Reply } | { error: string };
type Redis = ReturnType<typeof createRedis>;

const bodyBytesMax = 1024 * 1024;
const redisTimeoutMs = 5_000;

/** An answer other than 200. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const createRedis = (url: string) => {
  const redis = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandOptions: { timeout: redisTimeoutMs },
    socket: { connectTimeout: redisTimeoutMs, reconnectStrategy: 50 },
  });
  // Each command that fails says so to its caller.
  redis.on("error", () => {});
  return redis;
};

const readCall = async (incoming: IncomingMessage): Promise<unknown> => {
  const body = await readBody(incoming, bodyBytesMax);
  if (body === "too large") throw new Refusal(413, `ERR a body has ${bodyBytesMax} bytes at most`);
  if (body === "aborted") throw new Refusal(400, "ERR the body has not come to its end");
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new Refusal(400, "ERR the body is no JSON");
  }
};

const isCommand = (value: unknown): value is (string | number)[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((part) => typeof part === "string" || typeof part === "number");

const readCommand = (value: unknown): string[] => {
  if (!isCommand(value)) throw new Refusal(400, "ERR a command is an array of strings and numbers");
  return value.map(String);
};

const readCommands = (value: unknown): string[][] => {
  if (!Array.isArray(value)) throw new Refusal(400, "ERR the body is an array of commands");
  return value.map(readCommand);
};

const errorOf = (error: unknown): string => {
  const { message } = error as Error;
  return message || String(error);
};

/** Redis has answered by an error, which is an answer; all else is a failure to ask it. */
const isErrorReply = (error: unknown): boolean => /^[A-Z]+ /.test(errorOf(error));

const execute = async (redis: Redis, command: string[]): Promise<Answer> => {
  try {
    return { result: await redis.sendCommand<Reply>(command) };
  } catch (error) {
    if (isErrorReply(error)) return { error: errorOf(error) };
    throw new Refusal(503, `ERR Redis cannot be asked: ${errorOf(error)}`);
  }
};

/** MULTI and EXEC need a connection that nobody else writes to. */
const executeTogether = async (url: string, commands: string[][]): Promise<Answer[]> => {
  const redis = createRedis(url);
  try {
    await redis.connect();
    await redis.sendCommand(["MULTI"]);
    for (const command of commands) await redis.sendCommand(command);
    const results = await redis.sendCommand<Reply[]>(["EXEC"]);
    return results.map((result) =>
      (result as unknown) instanceof Error ? { error: errorOf(result) } : { result },
    );
  } catch (error) {
    if (isErrorReply(error)) throw new Refusal(400, errorOf(error));
    throw new Refusal(503, `ERR Redis cannot be asked: ${errorOf(error)}`);
  } finally {
    redis.destroy();
  }
};

/** Strings in base64, however deep, as the client's header asks for; "OK" is left as it is. */
const encoded = (reply: Reply): Reply => {
  if (Array.isArray(reply)) return reply.map(encoded);
  return typeof reply === "string" && reply !== "OK"
    ? Buffer.from(reply).toString("base64")
    : reply;
};

const encodedAnswer = (answer: Answer): Answer =>
  "result" in answer ? { result: encoded(answer.result) } : answer;

const respond = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
};

/** Resolves when it listens. Redis need not be there yet, nor stay. */
export const startUpstashBridge = async ({
  redisUrl,
  token = "local",
}: {
  redisUrl: string;
  token?: string;
}): Promise<UpstashBridge> => {
  const redis = createRedis(redisUrl);
  await redis.connect().catch(() => {});

  const answer = async (incoming: IncomingMessage): Promise<Answer | Answer[]> => {
    if (incoming.headers.authorization !== `Bearer ${token}`) {
      throw new Refusal(401, "WRONGPASS invalid or missing auth token");
    }
    if (incoming.method !== "POST") throw new Refusal(405, "ERR commands are posted");
    const body = await readCall(incoming);
    switch (String(incoming.url).replace(/\/$/, "")) {
      case "":
        return execute(redis, readCommand(body));
      case "/pipeline":
        return Promise.all(readCommands(body).map((command) => execute(redis, command)));
      case "/multi-exec":
        return executeTogether(redisUrl, readCommands(body));
      default:
        throw new Refusal(404, `ERR there is no ${incoming.url}`);
    }
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const given = await answer(incoming);
      const wantsBase64 = incoming.headers["upstash-encoding"] === "base64";
      const answers = [given].flat().map((one) => (wantsBase64 ? encodedAnswer(one) : one));
      if (Array.isArray(given)) return respond(response, 200, answers);
      respond(response, "error" in given ? 400 : 200, answers[0]);
    } catch (error) {
      respond(response, error instanceof Refusal ? error.status : 500, { error: errorOf(error) });
    }
  };

  const server = createServer(
    forThisMachine(
      (incoming, response) => void serve(incoming, response),
      (response, status, reason) => respond(response, status, { error: `ERR ${reason}` }),
    ),
  );
  // As a service does, and longer than its clients keep a connection.
  server.keepAliveTimeout = 60_000;
  return {
    url: await listenAnywhere(server),
    token,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      redis.destroy();
    },
  };
};

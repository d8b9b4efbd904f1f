import { Redis } from "@upstash/redis";
import type { Script } from "./scripts.ts";

/** Where a Redis is that speaks Upstash's REST protocol. */
export interface UpstashAddress {
  /** https://… */
  url: string;
  token: string;
}

/** Runs scripts, one HTTP request each. */
export interface Upstash {
  /** Rejects when the signal aborts; the script may have been run, or be run later. */
  run<Reply>(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<Reply>;
}

export const connectUpstash = ({ url, token }: UpstashAddress): Upstash => {
  /** Of the request that is being made: the client asks for it before its first await. */
  let requestSignal: AbortSignal | undefined;
  const redis = new Redis({
    url,
    token,
    // Whoever calls repeats, and resolves what is not known. `retry: false` would repeat once.
    retry: { retries: 0 },
    signal: () => requestSignal!,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
  });
  const withSignal = <Reply>(signal: AbortSignal, call: () => Promise<Reply>): Promise<Reply> => {
    requestSignal = signal;
    return call();
  };
  return {
    run: async <Reply>(
      { lua, sha1 }: Script,
      keys: readonly string[],
      args: readonly (string | number)[],
      signal: AbortSignal,
    ) => {
      const texts = args.map(String);
      try {
        return await withSignal(signal, () =>
          redis.evalsha<string[], Reply>(sha1, [...keys], texts),
        );
      } catch (error) {
        // It is the first to use the script since the server has forgotten all.
        if (!(error as Error).message.startsWith("NOSCRIPT")) throw error;
        return withSignal(signal, () => redis.eval<string[], Reply>(lua, [...keys], texts));
      }
    },
  };
};

/** Errors of the server's that will be the same at every repeat. */
const finalMessage = /^(WRONGPASS|NOAUTH|NOPERM|WRONGTYPE|Unauthorized)/i;

export const isFinal = (error: unknown): boolean =>
  error instanceof Error && (error.name === "UrlError" || finalMessage.test(error.message));

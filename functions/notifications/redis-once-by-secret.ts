/** Once-only runs in a Redis whose token is a secret, which is read when it is first needed. */
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { LockError } from "../../locks/lock-error.ts";
import type { Once } from "../../locks/once.ts";
import { createRedisOnce } from "../../locks/redis/redis-once.ts";
import { isFinal } from "../../locks/redis/upstash.ts";

export interface RedisBySecret {
  /** https://… of a Redis that speaks Upstash's REST protocol. */
  url: string;
  token: string | undefined;
  /** Where there is no token: the secret that is one. */
  secretId: string | undefined;
  openSecrets(): SecretsManagerClient;
}

/** A token that cannot be read is as good as a Redis that cannot be asked. */
export const createRedisOnceBySecret = (redis: RedisBySecret): Once => {
  let opened: Promise<Once> | undefined;

  const open = async (): Promise<Once> => {
    const { url, secretId } = redis;
    const token = redis.token ?? (await readSecret(redis.openSecrets(), secretId));
    return createRedisOnce({ url, token });
  };

  const openOnce = (): Promise<Once> => {
    opened ??= open().catch((error: unknown) => {
      // The next one asks again.
      opened = undefined;
      throw error;
    });
    return opened;
  };

  return async (key, options, work) => {
    let once: Once;
    try {
      once = await openOnce();
    } catch (cause) {
      const message = "The token of the Redis cannot be read.";
      const error = new LockError("unavailable", message, { cause });
      if (options.onUnavailable === "fail") throw error;
      const value = await work(new AbortController().signal);
      return { status: "ran_unchecked", value, error };
    }
    const result = await once(key, options, work);
    // The secret may have another token by now.
    if (result.status === "ran_unchecked" && isFinal(result.error.cause)) opened = undefined;
    return result;
  };
};

const readSecret = async (
  secrets: SecretsManagerClient,
  secretId: string | undefined,
): Promise<string> => {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretId }));
  if (SecretString === undefined) throw new Error(`The secret ${secretId} has no text.`);
  return SecretString.trim();
};

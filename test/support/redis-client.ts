import { createClient } from "@redis/client";
import { onTestFinished } from "vitest";

/** A second client of the same Redis, to look at what a lock has written and to get in its way. */
export const connectToRedis = async (url: string) => {
  const client = createClient({ url, RESP: 2 });
  // A server that a test has killed.
  client.on("error", () => {});
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
};

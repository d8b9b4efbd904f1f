/** A process of its own that publishes what the streams tell, and may be killed while it does. */
import { fork } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";
import * as environment from "../../contract/environment.ts";
import { localAccess } from "./local-access.ts";

export interface PublisherPlan {
  dynamodbEndpoint: string;
  tables: string[];
  /** Where it keeps how far it has come, over its deaths. */
  checkpointsDirectory: string;
}

export interface Publishing {
  messagingEndpoint: string;
  topicArn: string;
  deadLetterQueue: string;
}

/** `invoking` before the function is called, `published` before that is noted down. */
export type PublisherTold = "invoking" | "published";

const program = fileURLToPath(new URL("publisher-process-main.ts", import.meta.url));

/**
 * The variables that the stack gives the function, on this machine. Only a bundle leaves out what the
 * function does not use, so that the source wants those of all functions.
 */
export const publisherVariables = (to: Publishing): Record<string, string> => ({
  ...Object.fromEntries(Object.values(environment).map((name) => [name, "unused"])),
  [environment.inventoryEventsTopic]: to.topicArn,
  [environment.deadLetterQueue]: to.deadLetterQueue,
  [environment.eventSource]: "urn:holdfast:test",
  [environment.lowStockThreshold]: "5",
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: localAccess.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: localAccess.credentials.secretAccessKey,
  AWS_ENDPOINT_URL_SNS: to.messagingEndpoint,
  AWS_ENDPOINT_URL_SQS: to.messagingEndpoint,
  POWERTOOLS_LOG_LEVEL: "ERROR",
  POWERTOOLS_METRICS_NAMESPACE: "Test",
});

export const startPublisherProcess = (plan: PublisherPlan, to: Publishing) => {
  const child = fork(program, [JSON.stringify(plan)], {
    env: { ...process.env, ...publisherVariables(to) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const told = on(child, "message", { close: ["exit"] }) as AsyncIterableIterator<[PublisherTold]>;
  return {
    /** Resolves when it has said this so many times from now. */
    hasSaid: async (what: PublisherTold, times: number): Promise<void> => {
      for (let left = times; left > 0;) {
        const { value, done } = await told.next();
        if (done === true) throw new Error("The publisher has ended by itself.");
        if (value[0] === what) left -= 1;
      }
    },
    kill: async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
    },
  };
};

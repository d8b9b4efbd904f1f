/**
 * The engines as one closed choice: two that we start, and an address of somebody else's. Knows
 * nothing of tables. Next: dynoxide.ts, dynamodb-local.ts, and guarded-process.ts, which sees to it
 * that no engine outlives us.
 */
import { LocalRunError } from "../local-run-error.ts";
import { startDynamoDbLocal } from "./dynamodb-local.ts";
import { findDynoxide, startDynoxide } from "./dynoxide.ts";
import { type Engine, type EngineOptions, waitUntilReady } from "./engine.ts";

/** `dynoxide`, `dynamodb-local`, or the http(s) address of a DynamoDB. */
export type EngineChoice = "dynoxide" | "dynamodb-local" | `http${string}`;

export const defaultEngine = (): EngineChoice =>
  findDynoxide() === undefined ? "dynamodb-local" : "dynoxide";

/** Resolves when the engine answers; rejects with a LocalRunError of code `engine`. */
export const startEngine = (choice: EngineChoice, options: EngineOptions = {}): Promise<Engine> => {
  switch (choice) {
    case "dynoxide":
      return startDynoxide(options);
    case "dynamodb-local":
      return startDynamoDbLocal(options);
    default:
      return useEngineAt(choice);
  }
};

const answerTimeoutMs = 5_000;

/** An engine of the user's: we neither start nor stop it. */
const useEngineAt = async (endpoint: string): Promise<Engine> => {
  if ((await waitUntilReady(endpoint, answerTimeoutMs).answer) === "ready") {
    return { endpoint, lost: new Promise(() => {}), stop: async () => {} };
  }
  const seconds = answerTimeoutMs / 1_000;
  const message = `HOLDFAST_ENGINE: no DynamoDB answered at ${endpoint} within ${seconds} s.`;
  throw new LocalRunError("engine", message);
};

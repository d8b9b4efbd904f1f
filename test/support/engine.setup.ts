/** One engine for a whole tier, in memory; each test file makes tables of its own on it. */
import type { TestProject } from "vitest/node";
import { startEngine, type EngineChoice } from "../../local/engines/start-engine.ts";

declare module "vitest" {
  interface ProvidedContext {
    engineEndpoint: string;
  }
}

export default async ({ provide }: TestProject) => {
  const choice = (process.env["HOLDFAST_ENGINE"] ?? "dynoxide") as EngineChoice;
  const engine = await startEngine(choice);
  provide("engineEndpoint", engine.endpoint);
  return () => engine.stop();
};

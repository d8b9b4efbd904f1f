/** One engine for a whole tier, in memory; each test file creates tables of its own on it. */
import type { TestProject } from "vitest/node";
import { startEngine, type EngineChoice } from "../../local/engines/start-engine.ts";
import { synthesizeTables, type TableDescription } from "./table-descriptions.ts";

declare module "vitest" {
  interface ProvidedContext {
    engineEndpoint: string;
    tableDescriptions: TableDescription[];
  }
}

export default async ({ provide }: TestProject) => {
  const choice = (process.env["HOLDFAST_ENGINE"] ?? "dynoxide") as EngineChoice;
  const engine = await startEngine(choice);
  provide("engineEndpoint", engine.endpoint);
  provide("tableDescriptions", synthesizeTables());
  return () => engine.stop();
};

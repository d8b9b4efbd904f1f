/** The synthesized app for a tier that runs it: always of today's sources, never a left-over. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    assembly: string;
  }
}

export default async ({ provide }: TestProject) => {
  const assembly = await mkdtemp(join(tmpdir(), "holdfast-assembly-"));
  await promisify(execFile)("npx", ["cdk", "synth", "--quiet", "--output", assembly]);
  provide("assembly", assembly);
  return () => rm(assembly, { recursive: true, force: true });
};

import { createRequire } from "node:module";
import { startNode } from "./child.ts";

/** Synthesizes the app into a folder other than `cdk.out`, which may be in use. */
export const synthesize = async (assemblyPath: string): Promise<void> => {
  const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
  await startNode([cdk, "synth", "--quiet", "--output", assemblyPath]).succeeded;
};

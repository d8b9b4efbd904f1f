import { createRequire } from "node:module";
import { join } from "node:path";
import { startNode } from "./child.ts";
import { createTemporaryFolder, type TemporaryFolder } from "./temporary-folder.ts";

/** The assembly of a fresh synthesis, in a folder of its own: `cdk.out` may be in use. */
export const synthesize = async (): Promise<TemporaryFolder> => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder());
  const path = join(folder.path, "cdk.out");
  const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
  await startNode([cdk, "synth", "--quiet", "--output", path]).succeeded;
  const kept = stack.move();
  return { path, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};

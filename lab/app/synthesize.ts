import { createRequire } from "node:module";
import { join } from "node:path";
import { startNode } from "./child.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";

/** Synthesizes the app into a folder other than `cdk.out`, which may be in use. */
export const synthesize = async (assemblyPath: string): Promise<void> => {
  const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
  await startNode([cdk, "synth", "--quiet", "--output", assemblyPath]).succeeded;
};

/**
 * One synthesized app for all who measure it.
 *
 * @param resources the stack that its folder goes with
 * @returns resolves with the assembly's path, once whoever asks first has had it synthesized
 */
export const shareAssembly = (
  resources: AsyncDisposableStack,
  tell: (progress: string) => void,
): (() => Promise<string>) => {
  const begin = async (): Promise<string> => {
    tell("Synthesizing the app …");
    const folder = resources.use(await createTemporaryFolder());
    const assemblyPath = join(folder.path, "cdk.out");
    await synthesize(assemblyPath);
    return assemblyPath;
  };
  let path: Promise<string> | undefined;
  return () => (path ??= begin());
};

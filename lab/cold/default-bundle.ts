import { join } from "node:path";
import { build } from "esbuild";

/**
 * Bundles an entry as `new NodejsFunction(scope, id, { entry, bundling: { bundleAwsSDK: true } })`
 * does, the runtime being Node.js 24. These are all the flags that aws-cdk-lib's bundling.ts gives
 * esbuild unless it is told otherwise: no format, so that the platform makes it CommonJS; no
 * `--minify`, no `--main-fields`, no alias, so that the SDK's default credential chain is in it. The
 * SDK is bundled as ours is: CDK would leave it to the runtime, but then it is not in the figures.
 *
 * @returns the bundle's path
 */
export const buildDefaultBundle = async (entryPath: string, directory: string): Promise<string> => {
  const outfile = join(directory, "index.js");
  await build({
    entryPoints: [entryPath],
    bundle: true,
    target: "node24",
    platform: "node",
    outfile,
    logLevel: "error",
  });
  return outfile;
};

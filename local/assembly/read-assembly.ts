/**
 * Reads a synthesized app (`cdk.out`) from disk: the one stack's template, and where the folders of
 * its assets are. Knows nothing of what the resources mean; intrinsics.ts and app.ts do.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LocalRunError } from "../local-run-error.ts";

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

export interface Template {
  Resources: Record<string, Resource>;
  Parameters?: Record<string, { Default?: unknown }>;
  Outputs?: Record<string, { Value: unknown }>;
}

export interface Assembly {
  /** Absolute path of the folder. */
  directory: string;
  stackName: string;
  template: Template;
  /** Absolute path of the asset that is uploaded under this object key. */
  assetPathOf(objectKey: string): string | undefined;
}

interface Artifact {
  type: string;
  displayName?: string;
  properties?: { templateFile?: string; file?: string; stackName?: string };
}

interface AssetFile {
  source: { path: string };
  destinations: Record<string, { objectKey: string }>;
}

/** Rejects with a LocalRunError of code `assembly` when the folder holds no app with one stack. */
export const readAssembly = async (path: string): Promise<Assembly> => {
  const directory = resolve(path);
  const manifest = await readJson<{ artifacts?: Record<string, Artifact> }>(
    join(directory, "manifest.json"),
    `${path} is no synthesized app`,
  );
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const stacks = artifacts.filter(([, { type }]) => type === "aws:cloudformation:stack");
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) {
    const names = stacks.map(([name]) => name).join(", ") || "none";
    throw new LocalRunError(
      "assembly",
      `${path} must hold exactly one stack, and holds ${stacks.length} (${names}).`,
    );
  }
  const [name, { properties = {}, displayName }] = stack;
  const template = await readJson<Template>(
    join(directory, properties.templateFile ?? `${name}.template.json`),
    `The template of the stack ${name} cannot be read`,
  );
  const assets = await readAssets(directory, artifacts);
  return {
    directory,
    stackName: properties.stackName ?? displayName ?? name,
    template: { ...template, Resources: template.Resources ?? {} },
    assetPathOf: (objectKey) => assets.get(objectKey),
  };
};

const readAssets = async (
  directory: string,
  artifacts: [string, Artifact][],
): Promise<Map<string, string>> => {
  const paths = new Map<string, string>();
  for (const [name, { type, properties }] of artifacts) {
    if (type !== "cdk:asset-manifest" || properties?.file === undefined) continue;
    const { files = {} } = await readJson<{ files?: Record<string, AssetFile> }>(
      join(directory, properties.file),
      `The asset manifest ${name} cannot be read`,
    );
    for (const { source, destinations } of Object.values(files)) {
      for (const { objectKey } of Object.values(destinations)) {
        paths.set(objectKey, join(directory, source.path));
      }
    }
  }
  return paths;
};

const readJson = async <Content>(path: string, problem: string): Promise<Content> => {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Content;
  } catch (cause) {
    const { message } = cause as Error;
    const advice = "Synthesize it first: npm run synth";
    throw new LocalRunError("assembly", `${problem}: ${message}. ${advice}`, { cause });
  }
};

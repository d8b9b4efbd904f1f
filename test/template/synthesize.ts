/**
 * The template that the app makes, for tests of what it promises. Nothing is bundled: what the
 * functions hold is the matter of bundles.test.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack, type StackProps } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Key } from "aws-cdk-lib/aws-kms";
import { afterAll } from "vitest";
import cdkJson from "../../cdk.json" with { type: "json" };
import type { Authorization } from "../../lib/authorization.ts";
import { Holdfast, type HoldfastProps } from "../../lib/holdfast.ts";
import { HoldfastStack } from "../../lib/holdfast-stack.ts";

/** One of each mode, for the promises that hold in all of them. */
export const authorizations: Authorization[] = [
  { mode: "iam" },
  { mode: "jwt", issuer: "https://login.example.com/", audience: ["holdfast", "shop"] },
  { mode: "none" },
];

const outdirs = mkdtempSync(join(tmpdir(), "holdfast-template-"));
afterAll(() => rmSync(outdirs, { recursive: true, force: true }));

/** Nothing is bundled, and a warning is for the test to look for, not for the terminal. */
const quietly = {
  "aws:cdk:bundling-stacks": [],
  "@aws-cdk/core:annotationsInValidationReport": false,
};

/** An app with the flags of cdk.json. */
export const createApp = (context: Record<string, unknown> = {}): App =>
  new App({
    outdir: mkdtempSync(join(outdirs, "cdk.out-")),
    context: { ...cdkJson.context, ...quietly, ...context },
  });

export const createStack = (props: HoldfastProps & StackProps = {}): HoldfastStack =>
  new HoldfastStack(createApp(), "Holdfast", props);

/** A stack with a Holdfast under a key that is in the stack too. */
export const createStackWithKey = (props: HoldfastProps = {}): Stack => {
  const stack = new Stack(createApp(), "Mine");
  const encryptionKey = new Key(stack, "OwnKey", { enableKeyRotation: true });
  new Holdfast(stack, "Holdfast", { ...props, encryptionKey });
  return stack;
};

const templates = new Map<string, Template>();

/** The template of a stack with these properties, made once. */
export const synthesize = (props: HoldfastProps = {}): Template => {
  const key = JSON.stringify(props);
  const template = templates.get(key) ?? Template.fromStack(createStack(props));
  templates.set(key, template);
  return template;
};

export interface Resource {
  logicalId: string;
  type: string;
  properties: Record<string, never>;
  deletionPolicy?: string;
  updateReplacePolicy?: string;
}

/** The resources of a type, or all of them. */
export const resourcesOf = (template: Template, type?: string): Resource[] => {
  const { Resources } = template.toJSON() as {
    Resources: Record<
      string,
      {
        Type: string;
        Properties?: Record<string, never>;
        DeletionPolicy?: string;
        UpdateReplacePolicy?: string;
      }
    >;
  };
  return Object.entries(Resources)
    .map(([logicalId, resource]) => ({
      logicalId,
      type: resource.Type,
      properties: resource.Properties ?? {},
      ...(resource.DeletionPolicy && { deletionPolicy: resource.DeletionPolicy }),
      ...(resource.UpdateReplacePolicy && { updateReplacePolicy: resource.UpdateReplacePolicy }),
    }))
    .filter((resource) => type === undefined || resource.type === type);
};

/** `HoldfastStockTable2852E498` as people say it: `StockTable`. */
export const spokenName = (logicalId: string): string =>
  logicalId.replace(/^Holdfast/, "").replace(/[0-9A-F]{8}$/, "");

/** What an intrinsic points to, as text: `StockTable`, `ReservationsTable/index/byOrder`, `*`. */
export const spoken = (value: unknown): string => {
  if (typeof value === "string") return value;
  const intrinsic = value as {
    Ref?: string;
    "Fn::GetAtt"?: [string, string];
    "Fn::Join"?: [string, unknown[]];
  };
  if (intrinsic.Ref !== undefined) return spokenName(intrinsic.Ref);
  if (intrinsic["Fn::GetAtt"]) return spokenName(intrinsic["Fn::GetAtt"][0]);
  if (intrinsic["Fn::Join"]) {
    const [separator, parts] = intrinsic["Fn::Join"];
    return parts.map(spoken).join(separator);
  }
  throw new Error(`no words for ${JSON.stringify(value)}`);
};

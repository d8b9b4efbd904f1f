import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { authorizations, createStack } from "./synthesize.ts";

/** Each acknowledged rule with the reason that stands beside the resource. */
const acknowledged = (root: IConstruct): [rule: string, reason: string][] =>
  root.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.entries(data as Record<string, string>)),
    );

describe.each(authorizations)("cdk-nag's AwsSolutions with auth=$mode", (authorization) => {
  const stack = createStack({ authorization });

  test("finds nothing that is not acknowledged", () => {
    const { violations } = new AwsSolutionsChecks().validateScope(stack);
    expect(violations).toEqual([]);
  });

  test("is acknowledged by a sentence where it is", () => {
    const all = acknowledged(stack);
    expect(all.length).toBeGreaterThan(0);
    for (const [, reason] of all) expect(reason).toMatch(/^\S.{30,}\.$/);
  });

  test("is not acknowledged for more than tracing and open routes", () => {
    const rules = new Set(acknowledged(stack).map(([rule]) => rule.replace(/^.*::(?=Aws)/, "")));
    expect([...rules].toSorted()).toEqual(["AwsSolutions-APIG4", "AwsSolutions-IAM5[Resource::*]"]);
  });
});

test("cdk-nag does look: without the acknowledgement of the health route it complains", () => {
  const stack = createStack({ authorization: { mode: "none" } });
  for (const construct of stack.node.findAll()) {
    // Metadata cannot be taken back, so the list that the pack reads is emptied.
    Object.defineProperty(construct.node, "metadata", { value: [] });
  }
  const { violations } = new AwsSolutionsChecks().validateScope(stack);
  expect(violations.map(({ ruleName }) => ruleName)).toContain("AwsSolutions-APIG4");
});

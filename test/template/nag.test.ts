import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { authorizations, createStack, createStackWithKey, spokenName } from "./synthesize.ts";

/** Each acknowledged rule with the reason that stands beside the resource. */
const acknowledged = (root: IConstruct): [rule: string, reason: string][] =>
  root.node
    .findAll()
    .flatMap((construct) =>
      construct.node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.entries(data as Record<string, string>)),
    );

/** The stack with everything on it that is not there by default, under a key of its own. */
const createFullStack = () =>
  createStackWithKey({
    orderEventsTopicArn: "arn:aws:sns:eu-west-1:210987654321:shop-orders",
    alarmTopicArn: "arn:aws:sns:eu-west-1:210987654321:alarms",
    notifications: {
      sender: "shop@example.com",
      recipient: "team@example.com",
      redis: {
        url: "https://redis.example.com",
        tokenSecretArn: "arn:aws:secretsmanager:eu-west-1:210987654321:secret:redis-AbCdEf",
      },
    },
  });

describe.each([
  ...authorizations.map((authorization) => ({
    what: `auth=${authorization.mode}`,
    create: () => createStack({ authorization }),
  })),
  { what: "a key of one's own", create: () => createStackWithKey() },
  {
    what: "a sender and a Redis",
    create: () =>
      createStack({
        notifications: {
          sender: "shop@example.com",
          redis: {
            url: "https://redis.example.com",
            tokenSecretArn: "arn:aws:secretsmanager:eu-west-1:210987654321:secret:redis-AbCdEf",
          },
        },
      }),
  },
  {
    what: "the shop's own topic",
    create: () =>
      createStack({ orderEventsTopicArn: "arn:aws:sns:eu-west-1:210987654321:shop-orders" }),
  },
  { what: "all of these at once", create: createFullStack },
])("cdk-nag's AwsSolutions with $what", ({ create }) => {
  const stack = create();

  test("finds nothing that is not acknowledged", () => {
    const { violations } = new AwsSolutionsChecks().validateScope(stack);
    expect(violations).toEqual([]);
  });

  test("is acknowledged by a sentence where it is", () => {
    const all = acknowledged(stack);
    expect(all.length).toBeGreaterThan(0);
    for (const [, reason] of all) expect(reason).toMatch(/^\S.{30,}\.$/);
  });

  test("is not acknowledged for more than tracing, open routes and what streams take", () => {
    const rules = acknowledged(stack).map(([rule]) =>
      rule
        .replace(/^.*::(?=Aws)/, "")
        .replace(/<(\w+)\.Arn>/, (_, logicalId: string) => spokenName(logicalId)),
    );
    expect([...new Set(rules)].toSorted()).toEqual([
      "AwsSolutions-APIG4",
      "AwsSolutions-IAM5[Resource::*]",
      "AwsSolutions-IAM5[Resource::ReservationsTable/stream/*]",
      "AwsSolutions-IAM5[Resource::StockTable/stream/*]",
      "AwsSolutions-SQS3",
    ]);
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

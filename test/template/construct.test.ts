import { Stack } from "aws-cdk-lib";
import { Annotations, Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { Holdfast } from "../../lib/holdfast.ts";
import { authorizations, createApp, createStack, resourcesOf, synthesize } from "./synthesize.ts";

describe("the construct", () => {
  test("fits twice into one stack, and the two share nothing", () => {
    const stack = new Stack(createApp(), "Shop");
    new Holdfast(stack, "Europe", { authorization: { mode: "iam" } });
    new Holdfast(stack, "America", {
      authorization: { mode: "jwt", issuer: "https://login.example.com", audience: ["us"] },
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::DynamoDB::Table", 8);
    template.resourceCountIs("AWS::ApiGatewayV2::Api", 2);
    template.resourceCountIs("AWS::Lambda::Function", 22);
    template.resourceCountIs("AWS::SNS::Topic", 4);
    template.resourceCountIs("AWS::SQS::Queue", 10);
    for (const resource of resourcesOf(template)) {
      const other = resource.logicalId.startsWith("Europe") ? "America" : "Europe";
      expect(JSON.stringify(resource.properties)).not.toContain(`"${other}`);
    }
  });

  test.each(authorizations)("gives nothing a physical name, with auth=$mode", (authorization) => {
    const physicalNames = [
      "TableName",
      "RoleName",
      "LogGroupName",
      "BucketName",
      "TopicName",
      "QueueName",
      "AlarmName",
    ];
    for (const { type, properties } of resourcesOf(synthesize({ authorization }))) {
      for (const name of physicalNames) expect(properties).not.toHaveProperty(name);
      if (type === "AWS::Lambda::Function") expect(properties).not.toHaveProperty("FunctionName");
    }
  });

  test("warns at synthesis when anyone may call, and only then", () => {
    const warning = Match.stringLikeRegexp("auth=none: anyone who learns the API's address");
    for (const authorization of authorizations) {
      const warnings = Annotations.fromStack(createStack({ authorization })).findWarning(
        "*",
        warning,
      );
      expect(warnings).toHaveLength(authorization.mode === "none" ? 1 : 0);
    }
  });
});

describe("the stack", () => {
  test("tells where the API is and what the tables and topics are called", () => {
    const outputs = synthesize().findOutputs("*");
    expect(Object.keys(outputs).toSorted()).toEqual([
      "ApiUrl",
      "InventoryEventsTopicArn",
      "LocksTableName",
      "MovementsTableName",
      "OrderEventsTopicArn",
      "ReservationsTableName",
      "StockTableName",
      "TryIt",
    ]);
    expect(outputs["ApiUrl"]).toMatchObject({
      Value: { "Fn::GetAtt": [expect.stringMatching(/Api/), "ApiEndpoint"] },
    });
    expect(outputs["StockTableName"]).toMatchObject({
      Value: { Ref: expect.stringMatching(/StockTable/) as string },
    });
  });

  test("is made of nothing that runs at deployment: no custom resources", () => {
    const types = new Set(resourcesOf(synthesize()).map(({ type }) => type));
    expect([...types].filter((type) => /^Custom::|CustomResource/.test(type))).toEqual([]);
  });
});

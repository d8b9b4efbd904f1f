/** Small synthesized apps made by hand, in the form that CDK gives them, with handlers of a line. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../../support/temporary-folder.ts";

export interface FixtureFunction {
  /** The source of `index.mjs`. */
  source: string;
  properties?: Record<string, unknown>;
}

export interface FixtureRoute {
  key: string;
  function: string;
  properties?: Record<string, unknown>;
}

export interface Fixture {
  functions?: Record<string, FixtureFunction | string>;
  routes?: FixtureRoute[];
  /** Added to the template's resources, or put in the place of those of the same name. */
  resources?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  stageName?: string;
}

/** Writes the app to a folder, by default a temporary one of the test, and returns its path. */
export const writeApp = async (fixture: Fixture = {}, folder?: string): Promise<string> => {
  const directory = folder ?? (await temporaryFolder());
  const { functions = { Echo: echo } } = fixture;
  const routes = fixture.routes ?? [{ key: "$default", function: Object.keys(functions)[0] ?? "" }];
  const files: Record<string, unknown> = {};
  const resources: Record<string, unknown> = {
    Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "Api", ProtocolType: "HTTP" } },
    Stage: {
      Type: "AWS::ApiGatewayV2::Stage",
      Properties: { ApiId: { Ref: "Api" }, StageName: fixture.stageName ?? "$default" },
    },
  };
  for (const [name, value] of Object.entries(functions)) {
    const { source, properties } = typeof value === "string" ? { source: value } : value;
    const asset = `asset.${name}`;
    await mkdir(join(directory, asset));
    await writeFile(join(directory, asset, "index.mjs"), source);
    files[name] = {
      source: { path: asset, packaging: "zip" },
      destinations: { "current_account-current_region": { objectKey: `${name}.zip` } },
    };
    resources[name] = {
      Type: "AWS::Lambda::Function",
      Properties: {
        Code: { S3Key: `${name}.zip` },
        Handler: "index.handler",
        Runtime: "nodejs24.x",
        ...properties,
      },
    };
    resources[`${name}Integration`] = {
      Type: "AWS::ApiGatewayV2::Integration",
      Properties: {
        IntegrationType: "AWS_PROXY",
        IntegrationUri: { "Fn::GetAtt": [name, "Arn"] },
        PayloadFormatVersion: "2.0",
      },
    };
  }
  for (const [index, route] of routes.entries()) {
    resources[`Route${index}`] = {
      Type: "AWS::ApiGatewayV2::Route",
      Properties: {
        RouteKey: route.key,
        Target: { "Fn::Join": ["", ["integrations/", { Ref: `${route.function}Integration` }]] },
        ...route.properties,
      },
    };
  }
  const write = (name: string, content: unknown) =>
    writeFile(join(directory, name), JSON.stringify(content));
  await write("manifest.json", {
    version: "1.0.0",
    artifacts: {
      App: { type: "aws:cloudformation:stack", properties: { templateFile: "App.template.json" } },
      "App.assets": { type: "cdk:asset-manifest", properties: { file: "App.assets.json" } },
    },
  });
  await write("App.assets.json", { files });
  await write("App.template.json", {
    Resources: { ...resources, ...fixture.resources },
    Outputs: fixture.outputs ?? {},
  });
  return directory;
};

/** Answers with its event and its context. */
export const echo = `export const handler = async (event, context) => ({
  statusCode: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ event, context }),
});`;

export const table = (properties: Record<string, unknown> = {}) => ({
  Type: "AWS::DynamoDB::Table",
  Properties: {
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
    ...properties,
  },
});

const arnOf = (logicalId: string) => ({ "Fn::GetAtt": [logicalId, "Arn"] });

/** Lets the topic Orders send to the queue Inbox; `statement` replaces parts of how. */
export const queuePolicy = (statement: Record<string, unknown> = {}) => ({
  Type: "AWS::SQS::QueuePolicy",
  Properties: {
    Queues: [{ Ref: "Inbox" }],
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: arnOf("Inbox"),
          Condition: { ArnEquals: { "aws:SourceArn": { Ref: "Orders" } } },
          ...statement,
        },
      ],
    },
  },
});

/** A topic Orders, a queue Inbox that hears it, and the policy that lets it. */
export const messagingResources = (
  subscription: Record<string, unknown> = {},
): Record<string, unknown> => ({
  Orders: { Type: "AWS::SNS::Topic" },
  Inbox: { Type: "AWS::SQS::Queue" },
  Policy: queuePolicy(),
  Subscription: {
    Type: "AWS::SNS::Subscription",
    Properties: {
      Protocol: "sqs",
      TopicArn: { Ref: "Orders" },
      Endpoint: arnOf("Inbox"),
      ...subscription,
    },
  },
});

export const mapping = (properties: Record<string, unknown>) => ({
  Type: "AWS::Lambda::EventSourceMapping",
  Properties: { FunctionName: { Ref: "Echo" }, ...properties },
});

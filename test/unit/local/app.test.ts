import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeApp } from "../../../local/assembly/app.ts";
import { readAssembly } from "../../../local/assembly/read-assembly.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { type Fixture, table, writeApp } from "./fixture-app.ts";

const describeFixture = async (fixture: Fixture) =>
  describeApp(await readAssembly(await writeApp(fixture)), {
    gatewayEndpoint: "http://127.0.0.1:3000",
  });

const withVariable = (value: unknown): Fixture => ({
  functions: {
    Fn: { source: "", properties: { Environment: { Variables: { VALUE: value } } } },
  },
  resources: {
    Orders: table(),
    Named: table({ TableName: "orders-by-name" }),
    Role: { Type: "AWS::IAM::Role", Properties: {} },
  },
});

describe("the synthesized app", () => {
  it.each([
    [{ Ref: "Orders" }, "App-Orders"],
    [{ Ref: "Named" }, "orders-by-name"],
    [
      { "Fn::GetAtt": ["Orders", "Arn"] },
      "arn:aws:dynamodb:us-east-1:000000000000:table/App-Orders",
    ],
    [{ "Fn::GetAtt": "Fn.Arn" }, "arn:aws:lambda:us-east-1:000000000000:function:App-Fn"],
    [{ "Fn::GetAtt": ["Api", "ApiEndpoint"] }, "http://127.0.0.1:3000"],
    [{ Ref: "AWS::Region" }, "us-east-1"],
    [
      { "Fn::Sub": "${AWS::Partition}:${Orders}:${Named.Arn}:${!Literal}" },
      "aws:App-Orders:arn:aws:dynamodb:us-east-1:000000000000:table/orders-by-name:${Literal}",
    ],
    [{ "Fn::Sub": ["${Which}!", { Which: { Ref: "Orders" } }] }, "App-Orders!"],
    [{ "Fn::Join": ["-", ["a", { Ref: "Stage" }]] }, "a-$default"],
    [{ "Fn::Select": [1, { "Fn::Split": [":", "a:b:c"] }] }, "b"],
    [true, "true"],
  ])("has the value of %j", async (value, expected) => {
    const { functions } = await describeFixture(withVariable(value));
    expect(functions[0]?.environment["VALUE"]).toBe(expected);
  });

  it.each([
    [{ Ref: "Role" }, "a Ref to Role, a AWS::IAM::Role"],
    [{ Ref: "Nothing" }, "there is no resource Nothing"],
    [{ "Fn::GetAtt": ["Orders", "TableId"] }, "the attribute TableId of Orders"],
    [{ "Fn::GetAtt": ["Orders", "StreamArn"] }, "the attribute StreamArn of Orders"],
    [{ "Fn::ImportValue": "x" }, "Fn::ImportValue is not known"],
    [{ "Fn::Select": [3, ["a"]] }, "Fn::Select finds no entry 3"],
  ])("refuses %j and says where it stands", async (value, problem) => {
    const refused = describeFixture(withVariable(value));
    await expect(refused).rejects.toThrow(problem);
    await expect(refused).rejects.toThrow("Fn.Properties.Environment.Variables.VALUE");
  });

  it("leaves alone what is not run here, and outputs that have no value here", async () => {
    const { outputs } = await describeFixture({
      resources: {
        Role: { Type: "AWS::IAM::Role", Properties: { Arn: { "Fn::ImportValue": "x" } } },
        Unused: { Type: "AWS::Lambda::Function", Properties: { Runtime: "python3.13" } },
      },
      outputs: {
        Url: { Value: { "Fn::GetAtt": ["Api", "ApiEndpoint"] } },
        RoleArn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } },
      },
    });
    expect(outputs).toEqual({ Url: "http://127.0.0.1:3000" });
  });

  it.each<[string, Fixture, string]>([
    [
      "a runtime of another language",
      { functions: { Fn: { source: "", properties: { Runtime: "python3.13" } } } },
      "the runtime python3.13",
    ],
    [
      "code that is no asset",
      { functions: { Fn: { source: "", properties: { Code: { ZipFile: "" } } } } },
      "Code must be an asset folder",
    ],
    [
      "an authorizer of another type",
      {
        routes: [{ key: "GET /a", function: "Echo", properties: { AuthorizationType: "CUSTOM" } }],
      },
      "The route GET /a has the authorization CUSTOM",
    ],
    [
      "another payload format",
      {
        resources: {
          EchoIntegration: {
            Type: "AWS::ApiGatewayV2::Integration",
            Properties: { IntegrationType: "AWS_PROXY", PayloadFormatVersion: "1.0" },
          },
        },
      },
      "must be AWS_PROXY with payload format 2.0",
    ],
    [
      "an integration of no function",
      {
        resources: {
          EchoIntegration: {
            Type: "AWS::ApiGatewayV2::Integration",
            Properties: {
              IntegrationType: "AWS_PROXY",
              PayloadFormatVersion: "2.0",
              IntegrationUri: "arn:aws:lambda:us-east-1:1:function:other",
            },
          },
        },
      },
      "leads to no function",
    ],
    [
      "two APIs",
      { resources: { Other: { Type: "AWS::ApiGatewayV2::Api" } } },
      "exactly one AWS::ApiGatewayV2::Api, and has 2",
    ],
  ])("is refused with %s", async (_, fixture, problem) => {
    await expect(describeFixture(fixture)).rejects.toThrow(
      expect.objectContaining({ code: "assembly", message: expect.stringContaining(problem) }),
    );
  });

  it("finds the function behind the address that API Gateway makes of its ARN", async () => {
    const path = ":lambda:path/2015-03-31/functions/";
    const { api } = await describeFixture({
      resources: {
        EchoIntegration: {
          Type: "AWS::ApiGatewayV2::Integration",
          Properties: {
            IntegrationType: "AWS_PROXY",
            PayloadFormatVersion: "2.0",
            IntegrationUri: {
              "Fn::Sub": `arn:aws:apigateway:us-east-1${path}\${Echo.Arn}/invocations`,
            },
          },
        },
      },
    });
    expect(api.routes[0]?.functionId).toBe("Echo");
  });
});

describe("a folder that is no synthesized app", () => {
  it("is refused with the way to make it one", async () => {
    const folder = await temporaryFolder();
    await expect(readAssembly(folder)).rejects.toThrow(/no synthesized app.*npm run synth/);
    await writeFile(join(folder, "manifest.json"), "{");
    await expect(readAssembly(folder)).rejects.toThrow(/no synthesized app.*JSON/);
  });

  it("is refused with no stack or with several", async () => {
    const folder = await temporaryFolder();
    const stack = { type: "aws:cloudformation:stack", properties: {} };
    const write = (artifacts: object) =>
      writeFile(join(folder, "manifest.json"), JSON.stringify({ artifacts }));
    await write({});
    await expect(readAssembly(folder)).rejects.toThrow("holds 0 (none)");
    await write({ One: stack, Two: stack });
    await expect(readAssembly(folder)).rejects.toThrow("holds 2 (One, Two)");
  });
});

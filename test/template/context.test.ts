import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RemovalPolicy } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { readContext } from "../../lib/context.ts";
import { ContextError } from "../../lib/context-reader.ts";
import { throttleDefault } from "../../lib/holdfast.ts";
import { createApp } from "./synthesize.ts";

const read = (context: Record<string, unknown> = {}) => readContext(createApp(context).node);

const jwt = { auth: "jwt", jwtIssuer: "https://login.example.com/", jwtAudience: "holdfast" };

describe("the context", () => {
  test("when absent means IAM, everything retained, and the documented defaults", () => {
    expect(read()).toEqual({
      authorization: { mode: "iam" },
      throttle: throttleDefault,
      retentionDays: 30,
      multiItemStrategy: "leased",
      logRetention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  });

  test("chooses who may call", () => {
    expect(read({ auth: "none" }).authorization).toEqual({ mode: "none" });
    expect(read({ ...jwt, jwtAudience: "holdfast, shop" }).authorization).toEqual({
      mode: "jwt",
      issuer: "https://login.example.com/",
      audience: ["holdfast", "shop"],
    });
  });

  test("takes an issuer on this machine, for the local run", () => {
    const { authorization } = read({ ...jwt, jwtIssuer: "http://127.0.0.1:4000" });
    expect(authorization).toMatchObject({ issuer: "http://127.0.0.1:4000" });
  });

  test("takes numbers as the command line and as cdk.json have them", () => {
    const fromFile = { throttleRatePerSecond: 5, throttleBurst: 10, retentionDays: 7 };
    const typed = { throttleRatePerSecond: "5", throttleBurst: "10", retentionDays: "7" };
    for (const context of [fromFile, typed]) {
      expect(read({ ...context, logRetentionDays: "365", removalPolicy: "destroy" })).toMatchObject(
        {
          throttle: { ratePerSecond: 5, burst: 10 },
          retentionDays: 7,
          logRetention: RetentionDays.ONE_YEAR,
          removalPolicy: RemovalPolicy.DESTROY,
        },
      );
    }
  });
});

describe("a context that cannot be used is refused with its key, its value and what is accepted:", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["another auth", { auth: "cognito" }, /"auth" is "cognito": accepted are iam, jwt, none/],
    ["auth in capitals", { auth: "JWT" }, /"auth" is "JWT": accepted are iam, jwt, none/],
    ["an empty auth", { auth: "" }, /"auth" is "": accepted are iam/],
    ["a list as auth", { auth: ["iam"] }, /"auth" is \["iam"\]: it must be one text or number/],
    ["jwt without issuer", { ...jwt, jwtIssuer: undefined }, /"jwtIssuer" is missing: .* https/],
    ["jwt without audience", { ...jwt, jwtAudience: undefined }, /"jwtAudience" is missing: .*aud/],
    ["an empty audience", { ...jwt, jwtAudience: "a,,b" }, /"jwtAudience" is "a,,b": .*commas/],
    ["an issuer that is no URL", { ...jwt, jwtIssuer: "login" }, /"jwtIssuer" is "login": .*https/],
    ["an issuer in the clear", { ...jwt, jwtIssuer: "http://a.example" }, /"jwtIssuer" is "http:/],
    ["an issuer with a query", { ...jwt, jwtIssuer: "https://a.example/?b" }, /"jwtIssuer" is/],
    [
      "an issuer and no jwt",
      { jwtIssuer: "https://a.example" },
      /with auth=jwt only, and auth is iam/,
    ],
    ["an audience and no jwt", { auth: "none", jwtAudience: "a" }, /"jwtAudience" .* auth is none/],
    ["a rate of zero", { throttleRatePerSecond: "0" }, /"throttleRatePerSecond" is "0": .*1 to/],
    ["a fractional burst", { throttleBurst: "1.5" }, /"throttleBurst" is "1.5": .* whole number/],
    ["a negative retention", { retentionDays: "-1" }, /"retentionDays" is "-1": .*30 when absent/],
    [
      "a retention that CloudWatch has not",
      { logRetentionDays: "31" },
      /accepted are 1, 3, 5, 7, .*3653; 30/,
    ],
    ["another removal policy", { removalPolicy: "snapshot" }, /accepted are retain, destroy/],
    [
      "a misspelled key",
      { jwtIsuer: "https://a.example" },
      /"jwtIsuer" .*no such context; known are/,
    ],
    ["a key in capitals", { Auth: "none" }, /"Auth" is "none": there is no such context/],
  ])("%s", (_, context, message) => {
    expect(() => read(context)).toThrow(ContextError);
    expect(() => read(context)).toThrow(message);
  });

  test("and the app ends with that sentence alone, no stack trace", async () => {
    const app = fileURLToPath(new URL("../../bin/holdfast.ts", import.meta.url));
    const env = { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ auth: "cognito" }) };
    await expect(promisify(execFile)("node", [app], { env })).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: 'Context "auth" is "cognito": accepted are iam, jwt, none; iam when absent.\n',
    });
  });
});

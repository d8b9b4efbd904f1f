/**
 * One function: its bundle, its own role, its own log group. What runs is the bundle alone: the SDK
 * is in it, so that the version that was tested is the version that runs, here and on a laptop.
 */
import { fileURLToPath } from "node:url";
import { Duration, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { LogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { functionTimeoutSeconds } from "../contract/bounds.ts";
import { createLogGroup, type LogSettings } from "./log-group.ts";

/** What a function is for, what it is told and what it may do. */
export interface Duty {
  description: string;
  memoryMiB: number;
  /** As long as a function that answers a caller when absent. */
  timeoutSeconds?: number;
  variables: Record<string, string>;
  grants: Grant[];
}

export interface Grant {
  actions: string[];
  resourceArn: string;
  /** Of one that cannot do without: what cdk-nag finds, and why it is so. */
  wildcard?: { finding: string; reason: string };
}

export interface BundledFunctionProps {
  name: string;
  duty: Duty;
  logs: LogSettings;
  everyFunctionsVariables: Record<string, string>;
  /** The tables' key, when it is not the one that AWS manages. */
  encryptionKey?: IKey;
}

const project = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What DynamoDB asks of a caller for a table under the caller's own key. */
const keyActions = [
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:Encrypt",
  "kms:GenerateDataKey",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
];

export const createBundledFunction = (
  scope: Construct,
  props: BundledFunctionProps,
): NodejsFunction => {
  const { name, duty } = props;
  const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Function`;
  const logGroup = createLogGroup(scope, `${id}Logs`, props.logs);
  const role = createRole(scope, `${id}Role`, props);
  logGroup.grantWrite(role);

  return new NodejsFunction(scope, id, {
    description: `Holdfast: ${duty.description}`,
    entry: project(`functions/${name}.ts`),
    handler: "handler",
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: duty.memoryMiB,
    timeout: Duration.seconds(duty.timeoutSeconds ?? functionTimeoutSeconds),
    tracing: Tracing.ACTIVE,
    role,
    logGroup,
    environment: { ...duty.variables, ...props.everyFunctionsVariables },
    // The SDK of today keeps connections by itself; the variable would only be noise.
    awsSdkConnectionReuse: false,
    // Named, so that the construct also bundles when another project's app uses it.
    projectRoot: project(""),
    depsLockFilePath: project("package-lock.json"),
    bundling: {
      format: OutputFormat.ESM,
      minify: true,
      bundleAwsSDK: true,
      // CommonJS builds would call `require`, which an ES module has not got.
      mainFields: ["module", "main"],
      // Imported by the SDK when a service has event streams. DynamoDB has none.
      externalModules: ["@smithy/core/event-streams"],
      // The SDK reads its version from its package.json: wiring.ts names Holdfast's instead.
      loader: { ".json": "empty" },
      esbuildArgs: {
        // Lambda's credentials are in its environment, and wiring.ts reads them there.
        "--alias:@aws-sdk/credential-provider-node": project("functions/no-credential-chain.ts"),
        "--alias:@aws-sdk/middleware-endpoint-discovery": project(
          "functions/no-endpoint-discovery.ts",
        ),
        "--alias:@smithy/core/config": project("functions/no-config-files.ts"),
        "--alias:@aws/lambda-invoke-store": project("functions/runtime-trace.ts"),
        // When the SDK imports more than a module here has, the build fails.
        "--alias:@smithy/core/checksum": project("functions/native-hashes.ts"),
      },
      logLevel: LogLevel.WARNING,
    },
  });
};

/** A role with the duty's grants: AWS's managed policy would let it write to any log group. */
const createRole = (scope: Construct, id: string, props: BundledFunctionProps): Role => {
  const { duty, encryptionKey } = props;
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  for (const { actions, resourceArn, wildcard } of duty.grants) {
    role.addToPolicy(new PolicyStatement({ actions, resources: [resourceArn] }));
    if (!wildcard) continue;
    const { finding, reason } = wildcard;
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason });
  }
  if (encryptionKey && duty.grants.length > 0) encryptionKey.grant(role, ...keyActions);
  Validations.of(role).acknowledge({
    id: "AwsSolutions-IAM5[Resource::*]",
    reason: "X-Ray's two actions, PutTraceSegments and PutTelemetryRecords, know no resources.",
  });
  return role;
};

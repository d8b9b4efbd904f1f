/**
 * What the template's resources are called on this machine: per type, what `Ref` gives and which
 * attributes there are. A type that is not in the table cannot be referred to by what is run here.
 */
import { localAccountId, localRegion } from "../local-account.ts";

/** What a name can be made of. Names are the same at every start: the data are kept under them. */
export interface NameScope {
  logicalId: string;
  stackName: string;
  gatewayEndpoint: string;
  /** Undefined where nobody asks for queues. */
  messagingEndpoint: string | undefined;
  /** A property of the resource, resolved. */
  property(name: string): unknown;
}

interface ResourceNames {
  ref(scope: NameScope): string | undefined;
  attributes?: Record<string, (scope: NameScope) => string | undefined>;
}

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:${localRegion}:${localAccountId}:${resource}`;

/** The name that the template gives, or one made of the stack's name and the logical id. */
const namedBy =
  (property: string) =>
  (scope: NameScope): string =>
    (scope.property(property) as string | undefined) ?? `${scope.stackName}-${scope.logicalId}`;

const logicalId = (scope: NameScope): string => scope.logicalId;

const tableName = namedBy("TableName");
const tableArn = (scope: NameScope): string => arn("dynamodb", `table/${tableName(scope)}`);
const table: ResourceNames = {
  ref: tableName,
  attributes: {
    Arn: tableArn,
    StreamArn: (scope) =>
      scope.property("StreamSpecification") === undefined
        ? undefined
        : `${tableArn(scope)}/stream/${streamLabel}`,
  },
};

/** AWS's is the moment at which the stream was made; engines have their own. */
const streamLabel = "2000-01-01T00:00:00.000";

const topicName = namedBy("TopicName");
const topicArn = (scope: NameScope): string => arn("sns", topicName(scope));

const queueName = namedBy("QueueName");
const queueUrl = (scope: NameScope): string | undefined =>
  scope.messagingEndpoint && `${scope.messagingEndpoint}/${localAccountId}/${queueName(scope)}`;

const functionName = namedBy("FunctionName");
const logGroupName = namedBy("LogGroupName");

const resourceNames: Record<string, ResourceNames> = {
  "AWS::DynamoDB::Table": table,
  "AWS::DynamoDB::GlobalTable": table,
  "AWS::Lambda::Function": {
    ref: functionName,
    attributes: { Arn: (scope) => arn("lambda", `function:${functionName(scope)}`) },
  },
  "AWS::SNS::Topic": {
    ref: topicArn,
    attributes: { TopicArn: topicArn, TopicName: topicName },
  },
  "AWS::SQS::Queue": {
    ref: queueUrl,
    attributes: {
      Arn: (scope) => arn("sqs", queueName(scope)),
      QueueName: queueName,
      QueueUrl: queueUrl,
    },
  },
  "AWS::Logs::LogGroup": {
    ref: logGroupName,
    attributes: { Arn: (scope) => arn("logs", `log-group:${logGroupName(scope)}:*`) },
  },
  "AWS::ApiGatewayV2::Api": {
    ref: logicalId,
    attributes: { ApiEndpoint: (scope) => scope.gatewayEndpoint, ApiId: logicalId },
  },
  "AWS::ApiGatewayV2::Stage": { ref: (scope) => scope.property("StageName") as string },
  "AWS::ApiGatewayV2::Integration": { ref: logicalId },
  "AWS::ApiGatewayV2::Authorizer": { ref: logicalId, attributes: { AuthorizerId: logicalId } },
};

/** What `Ref` gives, or undefined for a type that is not run here. */
export const nameOf = (type: string, scope: NameScope): string | undefined =>
  resourceNames[type]?.ref(scope);

export const attributeOf = (
  type: string,
  attribute: string,
  scope: NameScope,
): string | undefined => resourceNames[type]?.attributes?.[attribute]?.(scope);

/**
 * Who may send to the template's queues. The emulator asks nobody; on AWS a topic that may not send
 * loses every message in silence, so that it is found here, before anything runs.
 */
import type { Resolver } from "./intrinsics.ts";

interface Statement {
  Effect: string;
  Principal?: "*" | Record<string, string | string[]>;
  Action?: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface QueuePolicy {
  queueUrls: string[];
  statements: Statement[];
}

interface PolicyProperties {
  Queues: string[];
  PolicyDocument: { Statement?: Statement | Statement[] };
}

export const readQueuePolicies = (resolver: Resolver): QueuePolicy[] =>
  resolver.idsOf("AWS::SQS::QueuePolicy").map((logicalId) => {
    const policy = resolver.read<PolicyProperties>(logicalId, ["Queues", "PolicyDocument"]);
    return { queueUrls: policy.Queues, statements: listOf(policy.PolicyDocument.Statement) };
  });

const listOf = <Value>(value: Value | Value[] | undefined): Value[] =>
  value === undefined ? [] : ([value].flat() as Value[]);

/** Whether a statement allows it. Those that deny are looked at by AWS alone. */
export const maySend = (
  policies: readonly QueuePolicy[],
  { topicArn, queue }: { topicArn: string; queue: { url: string; arn: string } },
): boolean =>
  policies
    .filter(({ queueUrls }) => queueUrls.includes(queue.url))
    .flatMap(({ statements }) => statements)
    .some(
      (statement) =>
        statement.Effect === "Allow" &&
        isSns(statement.Principal) &&
        matches(statement.Action, "sqs:sendmessage") &&
        (statement.Resource === undefined || matches(statement.Resource, queue.arn)) &&
        sourcesOf(statement).every((sources) => matches(sources, topicArn)),
    );

const isSns = (principal: Statement["Principal"]): boolean => {
  if (principal === undefined || principal === "*") return principal === "*";
  return (
    listOf(principal["Service"]).includes("sns.amazonaws.com") ||
    listOf(principal["AWS"]).includes("*")
  );
};

/** What each condition of the statement says of the sender. */
const sourcesOf = ({ Condition = {} }: Statement): (string | string[])[] =>
  Object.values(Condition).flatMap((condition) =>
    Object.entries(condition)
      .filter(([key]) => key.toLowerCase() === "aws:sourcearn")
      .map(([, sources]) => sources),
  );

const matches = (patterns: string | string[] | undefined, text: string): boolean =>
  listOf(patterns).some((pattern) => {
    const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(text);
  });

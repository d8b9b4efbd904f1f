/**
 * The publisher as a process that can be killed: the function's own handler on the streams of a
 * database. Node.js program: <PublisherPlan as JSON>; the function's variables are in its environment.
 */
import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import { handler } from "../../functions/publish.ts";
import { startStreamPoller } from "../../local/event-sources/stream-poller.ts";
import { mappingOf } from "./stream-reader.ts";
import type { PublisherPlan, PublisherTold } from "./publisher-process.ts";

const plan = JSON.parse(process.argv[2]!) as PublisherPlan;
const tell = (told: PublisherTold): void => void process.send?.(told);

const context = {
  awsRequestId: "test",
  getRemainingTimeInMillis: () => 30_000,
} as unknown as Context;

const invoke = async (_functionId: string, text: string) => {
  const event = JSON.parse(text) as DynamoDBStreamEvent;
  tell("invoking");
  const answer = await handler(event, context);
  tell("published");
  return { isFailed: false, answer: JSON.stringify(answer) };
};

for (const tableName of plan.tables) {
  await startStreamPoller({
    mapping: mappingOf(tableName, 25),
    dynamodbEndpoint: plan.dynamodbEndpoint,
    checkpointsDirectory: plan.checkpointsDirectory,
    invoke,
    onFailure: (message) => process.stderr.write(`${message}\n`),
  });
}

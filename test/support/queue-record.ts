import type { SQSRecord } from "aws-lambda";

let numbered = 0;

/** A message as SQS hands it to a function. */
export const queueRecord = (body: unknown, receives = 1): SQSRecord => ({
  messageId: `message-${(numbered += 1)}`,
  receiptHandle: "none",
  body: typeof body === "string" ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: "0",
    SenderId: "test",
    ApproximateFirstReceiveTimestamp: "0",
  },
  messageAttributes: {},
  md5OfBody: "",
  eventSource: "aws:sqs",
  eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:orders",
  awsRegion: "us-east-1",
});

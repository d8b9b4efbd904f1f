/** What can never be used goes to a queue for people, at once and with the reason. */
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { textAttribute } from "./text-attribute.ts";

/** SQS's own bound of a message with its attributes, and what is kept of it for the reason. */
const messageBytesMax = 256 * 1024;
const reasonBytesMax = 1_024;

const cut = (text: string, bytesMax: number): string => {
  const bytes = Buffer.from(text);
  // A character that is cut in two would be replaced by three bytes.
  return bytes.length <= bytesMax ? text : bytes.subarray(0, bytesMax - 4).toString();
};

export interface DeadLetter {
  /** As it came. */
  body: string;
  reason: string;
}

/** Attributes name the reason, and how long a body was that had to be cut. */
export const deadLetterMessage = ({ body, reason }: DeadLetter) => {
  const kept = cut(body, messageBytesMax - 2 * reasonBytesMax);
  // SQS refuses control characters, which a message that is no JSON may have.
  const printable = reason.replaceAll(/\p{C}/gu, " ");
  return {
    MessageBody: kept === "" ? "(empty)" : kept,
    MessageAttributes: {
      reason: textAttribute(cut(printable, reasonBytesMax)),
      ...(kept !== body && { bytes: textAttribute(String(Buffer.byteLength(body))) }),
    },
  };
};

export const sendDeadLetter = async (
  client: SQSClient,
  queueUrl: string,
  letter: DeadLetter,
): Promise<void> => {
  const message = deadLetterMessage(letter);
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, ...message }));
};

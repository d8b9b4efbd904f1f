import { SendEmailCommand, type SESv2Client } from "@aws-sdk/client-sesv2";
import type { Channel } from "./notification.ts";

const content = (text: string) => ({ Data: text, Charset: "UTF-8" });

/** E-mail by Amazon SES. A tag is what SES can be asked by; its values know no slashes. */
export const createSesChannel = (
  client: SESv2Client,
  { sender, recipient }: { sender: string; recipient: string },
): Channel => ({
  name: "ses",
  send: async ({ subject, text, eventType, eventId }, abortSignal) => {
    const command = new SendEmailCommand({
      FromEmailAddress: sender,
      Destination: { ToAddresses: [recipient] },
      Content: { Simple: { Subject: content(subject), Body: { Text: content(text) } } },
      EmailTags: [
        { Name: "type", Value: eventType.replace(".", "-") },
        { Name: "event", Value: eventId.replaceAll(/[^\w-]/g, "_").slice(0, 256) },
      ],
    });
    await client.send(command, { abortSignal });
  },
});

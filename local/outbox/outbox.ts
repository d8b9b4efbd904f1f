/**
 * SES for the run: takes an e-mail as SES's second API does and writes it down instead of sending
 * it, a line of JSON for each. Nothing leaves this machine.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { FunctionDescription } from "../assembly/read-functions.ts";
import { forThisMachine } from "../foreign-requests.ts";
import { readBody } from "../gateway/read-body.ts";
import { listenAnywhere } from "../loopback.ts";
import { BadEmail, readEmail } from "./read-email.ts";

export interface Outbox {
  endpoint: string;
  stop(): Promise<void>;
}

const path = "/v2/email/outbound-emails";
const bodyBytesMax = 10 * 1024 * 1024;

/** Whether the function may send e-mail. */
export const sendsNotifications = ({ environment }: FunctionDescription): boolean =>
  "NOTIFICATION_CHANNEL" in environment;

/** `file` is appended to. */
export const startOutbox = async (file: string): Promise<Outbox> => {
  const send = async (request: IncomingMessage): Promise<string> => {
    const email = readEmail(await readText(request));
    const line = JSON.stringify({ at: new Date().toISOString(), ...email });
    // One write for a line, so that two at once do not mix.
    await appendFile(file, `${line}\n`);
    return randomUUID();
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST" || request.url !== path) {
      return refuse(response, 404, ["NotFoundException", `only POST ${path} is served here`]);
    }
    try {
      const MessageId = await send(request);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ MessageId }));
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof BadEmail) return refuse(response, 400, ["BadRequestException", message]);
      refuse(response, 500, ["InternalFailure", message]);
    }
  };
  const server = createServer(
    forThisMachine(
      (request, response) => void serve(request, response),
      (response, status, reason) => refuse(response, status, ["AccessDeniedException", reason]),
    ),
  );
  return {
    endpoint: await listenAnywhere(server),
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

const readText = async (request: IncomingMessage): Promise<string> => {
  const body = await readBody(request, bodyBytesMax);
  if (body === "too large") throw new BadEmail(`Email size exceeds ${bodyBytesMax} bytes.`);
  if (body === "aborted") throw new Error("The sender has gone away.");
  return body.toString();
};

/** As AWS's JSON over REST tells errors. */
const refuse = (
  response: ServerResponse,
  status: number,
  [code, message]: [code: string, message: string],
): void => {
  response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": code });
  response.end(JSON.stringify({ message }));
};

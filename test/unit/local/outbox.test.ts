import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SendEmailCommand, type SendEmailCommandInput, SESv2Client } from "@aws-sdk/client-sesv2";
import { describe, expect, it, onTestFinished } from "vitest";
import { startOutbox } from "../../../local/outbox/outbox.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { sendRaw } from "../../support/send-raw.ts";

const email: SendEmailCommandInput = {
  FromEmailAddress: "shop@example.com",
  Destination: { ToAddresses: ["one@example.com", "two@example.com"] },
  Content: {
    Simple: {
      Subject: { Data: "Held" },
      Body: { Text: { Data: "Two lines,\nin one of JSON." } },
    },
  },
  EmailTags: [{ Name: "event", Value: "evt-1" }],
};

const start = async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "outbox.jsonl");
  const outbox = await startOutbox(file);
  onTestFinished(() => outbox.stop());
  const client = new SESv2Client({
    endpoint: outbox.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return {
    ...outbox,
    folder,
    send: (input: SendEmailCommandInput) => client.send(new SendEmailCommand(input)),
    readLines: async () => {
      const text = await readFile(file, "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as unknown);
    },
  };
};

describe("the outbox", () => {
  it("takes no e-mail of a page of another site", async () => {
    const { endpoint, readLines } = await start();
    const body = JSON.stringify(email);
    const foreign: Record<string, string>[] = [
      { host: "evil.example" },
      { origin: "https://evil.example" },
    ];
    for (const headers of foreign) {
      const path = "/v2/email/outbound-emails";
      const response = await sendRaw(endpoint, path, { method: "POST", headers, body });
      expect(response.status).toBe(403);
      expect(response.body).toContain("evil.example");
    }
    expect(await readLines()).toEqual([]);
  });

  it("listens on the loopback interface", async () => {
    const { endpoint } = await start();
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("writes down what SES would send, a line for each", async () => {
    const { send, readLines } = await start();
    const answers = [await send(email), await send({ ...email, EmailTags: undefined })];
    const [first, second] = answers.map(({ MessageId }) => MessageId);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
    const written = {
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      from: "shop@example.com",
      to: ["one@example.com", "two@example.com"],
      subject: "Held",
      text: "Two lines,\nin one of JSON.",
    };
    expect(await readLines()).toEqual([
      { ...written, tags: { event: "evt-1" } },
      { ...written, tags: {} },
    ]);
  });

  it("keeps lines whole that are written at once", async () => {
    const { send, readLines } = await start();
    await Promise.all(Array.from({ length: 50 }, () => send(email)));
    expect(await readLines()).toHaveLength(50);
  });

  const simple = email.Content!.Simple!;
  it.each<[string, Partial<SendEmailCommandInput>, string]>([
    ["sender", { FromEmailAddress: undefined }, "FromEmailAddress is required."],
    ["recipient", { Destination: { ToAddresses: [] } }, "Destination is required."],
    ["recipients at all", { Destination: undefined }, "Destination is required."],
    [
      "subject",
      { Content: { Simple: { ...simple, Subject: { Data: "" } } } },
      "Content.Simple.Subject.Data is required.",
    ],
    [
      "text",
      { Content: { Simple: { ...simple, Body: {} } } },
      "Content.Simple.Body.Text.Data is required.",
    ],
  ])("refuses an e-mail without a %s as SES does", async (_, without, message) => {
    const { send, readLines } = await start();
    await expect(send({ ...email, ...without })).rejects.toMatchObject({
      name: "BadRequestException",
      message,
    });
    expect(await readLines()).toEqual([]);
  });

  it.each([
    ["/v2/email/outbound-emails", "{", 400, "BadRequestException"],
    ["/v2/email/outbound-emails", "null", 400, "BadRequestException"],
    ["/v2/email/identities", "{}", 404, "NotFoundException"],
  ])("answers %s with %s by %d", async (path, body, status, code) => {
    const { endpoint } = await start();
    const response = await fetch(`${endpoint}${path}`, { method: "POST", body });
    expect(response.status).toBe(status);
    expect(response.headers.get("x-amzn-errortype")).toBe(code);
    expect(await response.json()).toEqual({ message: expect.any(String) });
  });

  it("says so when it cannot write, so that the sender tries again", async () => {
    const { send, folder } = await start();
    await rm(folder, { recursive: true });
    await expect(send(email)).rejects.toMatchObject({ message: expect.stringMatching(/ENOENT/) });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deadLetterMessage } from "../../../functions/events/dead-letters.ts";

const sqsBytesMax = 256 * 1024;

/** As SQS counts it: the body and each attribute's name, type and value. */
const bytesOf = ({ MessageBody, MessageAttributes }: ReturnType<typeof deadLetterMessage>) =>
  Buffer.byteLength(MessageBody) +
  Object.entries(MessageAttributes)
    .flatMap(([name, { DataType, StringValue }]) => [name, DataType, StringValue])
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0);

const values = ({ MessageAttributes }: ReturnType<typeof deadLetterMessage>) =>
  Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]),
  );

describe("a dead letter", () => {
  test("has the body as it came, and the reason", () => {
    const message = deadLetterMessage({
      body: '{"type":"order.place"}',
      reason: "type is unknown",
    });
    expect(message.MessageBody).toBe('{"type":"order.place"}');
    expect(values(message)).toEqual({ reason: "type is unknown" });
  });

  test("says that the body was empty, which SQS would refuse", () => {
    const message = deadLetterMessage({ body: "", reason: "The message is not JSON" });
    expect(message.MessageBody).toBe("(empty)");
  });

  test("has of a body as long as SQS takes what leaves room for the reason, and says its length", () => {
    const body = "x".repeat(sqsBytesMax);
    const message = deadLetterMessage({ body, reason: "r".repeat(10_000) });
    expect(body.startsWith(message.MessageBody)).toBe(true);
    expect(message.MessageBody.length).toBeGreaterThan(250 * 1024);
    expect(values(message)).toMatchObject({ bytes: String(sqsBytesMax) });
  });

  test("has no control characters in its reason, which SQS would refuse", () => {
    const reason = 'The message is not JSON: Unexpected token \u0001, "\u0000\u0008…"';
    expect(values(deadLetterMessage({ body: "\t", reason }))["reason"]).not.toMatch(/\p{C}/u);
  });

  test("is never longer than SQS takes, whatever the characters are cut in", () => {
    const texts = fc
      .tuple(
        fc.constantFrom("a", "ä", "中", "🔒", "a🔒中"),
        fc.nat(4),
        fc.integer({ min: 0, max: 90_000 }),
      )
      .map(([characters, shift, times]) => "x".repeat(shift) + characters.repeat(times));
    fc.assert(
      fc.property(texts, texts, (body, reason) => {
        fc.pre(Buffer.byteLength(body) <= 2 * sqsBytesMax);
        const message = deadLetterMessage({ body, reason });
        expect(bytesOf(message)).toBeLessThanOrEqual(sqsBytesMax);
        expect(message.MessageBody).not.toBe("");
      }),
      { numRuns: 60 },
    );
  });
});

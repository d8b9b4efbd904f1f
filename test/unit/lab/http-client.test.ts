import { describe, expect, it } from "vitest";
import { readAnswer } from "../../../lab/reserve/http-client.ts";

const answer = (text: string) => readAnswer(Buffer.from(text));

describe("the load generator", () => {
  it("waits until an answer has arrived whole", () => {
    const whole = "HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\n{}é";
    const bytes = Buffer.from(whole);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(readAnswer(bytes.subarray(0, length))).toBeUndefined();
    }
    expect(readAnswer(bytes)).toEqual({ status: 201, body: "{}é" });
  });

  it("takes headers in any case", () => {
    expect(answer("HTTP/1.1 409 Conflict\r\nContent-Length:0\r\n\r\n")?.status).toBe(409);
  });

  it("fails on an answer that it does not understand, and does not count it", () => {
    expect(() => answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0")).toThrow(
      "chunked",
    );
    expect(() => answer("nonsense\r\n\r\n")).toThrow("nonsense");
  });
});

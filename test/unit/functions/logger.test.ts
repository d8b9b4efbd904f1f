/** The lines of the log are compared with those of Powertools, which wrote them before. */
import { Logger as Powertools } from "@aws-lambda-powertools/logger";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger, type LogFields } from "../../../functions/logger.ts";

const traced = { _X_AMZN_TRACE_ID: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=5;Sampled=1" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_764_000_000_123 });
  vi.stubEnv("TZ", "UTC");
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", "holdfast");
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "INFO");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

type Level = "info" | "warn" | "error";

/** Returns the text that `write` writes to the standard output and to the standard error. */
const written = (write: () => void) => {
  const [out, err] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockReturnValue(true),
  );
  write();
  const textOf = (spy: typeof out) => spy!.mock.calls.map(([text]) => text).join("");
  const lines = { out: textOf(out), err: textOf(err) };
  vi.restoreAllMocks();
  return lines;
};

const linesOfBoth = (level: Level, message: string, fields: LogFields = {}) => ({
  ours: written(() => createLogger(process.env)[level](message, fields)),
  theirs: written(() => new Powertools()[level](message, fields)),
});

const failure = (): Error => {
  const cause = Object.assign(new TypeError("socket hang up"), { code: "ECONNRESET" });
  const error = Object.assign(new Error("The write failed", { cause }), {
    $metadata: { attempts: 3, requestId: undefined },
    count: 12n,
  });
  const response: Record<string, unknown> = { status: 500 };
  return Object.assign(error, {
    response: Object.assign(response, { response, list: [response] }),
  });
};

test.each<[string, Level, LogFields]>([
  ["without fields", "info", {}],
  [
    "with fields",
    "info",
    { requestId: "r-1", status: 201, durationMs: 3.25, outcomes: { held: 2 } },
  ],
  ["with empty fields", "info", { none: null, empty: "", absent: undefined, zero: 0, no: false }],
  [
    "with lists, nothing in them and empty text",
    "warn",
    { list: [undefined, null, "", { a: "" }] },
  ],
  ["with an error, its cause and its circles", "error", { requestId: "r-1", error: failure() }],
  [
    "with an error that has no stack",
    "warn",
    { error: Object.assign(new Error("x"), { stack: "" }) },
  ],
  ["with what was thrown and is no error", "warn", { error: "a text", other: { at: new Date(0) } }],
  ["with a big integer", "info", { version: 9_007_199_254_740_993n }],
])("a line %s is what Powertools writes", (_name, level, fields) => {
  const { ours, theirs } = linesOfBoth(level, "request", fields);
  expect(ours).toEqual(theirs);
  expect(ours[level === "info" ? "out" : "err"]).toMatch(/^\{"level":.*\}\n$/);
});

test("an error that refers to itself is written once", () => {
  const error = Object.assign(new Error("x"), { stack: "" });
  Object.assign(error, { response: { error }, cause: error });
  const { err } = written(() => createLogger(process.env).error("request", { error }));
  expect(JSON.parse(err)).toMatchObject({
    error: { name: "Error", location: "", message: "x", stack: "", response: {} },
  });
});

test.each([
  traced,
  { _X_AMZN_TRACE_ID: "1-5759e988" },
  { _X_AMZN_TRACE_ID: "Parent=5;Root=1-9" },
  { _X_AMZN_TRACE_ID: "Parent=5" },
  { _X_AMZN_TRACE_ID: "" },
  { POWERTOOLS_SERVICE_NAME: "" },
])("a line has the trace and the service that Powertools reads from %o", (variables) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const { ours, theirs } = linesOfBoth("info", "request");
  expect(ours).toEqual(theirs);
});

test.each([
  { POWERTOOLS_LOG_LEVEL: "DEBUG" },
  { POWERTOOLS_LOG_LEVEL: "WARN" },
  { POWERTOOLS_LOG_LEVEL: "SILENT" },
  { POWERTOOLS_LOG_LEVEL: "LOUD" },
  { AWS_LAMBDA_LOG_LEVEL: "ERROR" },
  { AWS_LAMBDA_LOG_LEVEL: "FATAL" },
  { AWS_LAMBDA_LOG_LEVEL: "DEBUG", POWERTOOLS_LOG_LEVEL: "ERROR" },
])("the lines that Powertools writes with %o are written", (variables) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  for (const level of ["info", "warn", "error"] as const) {
    const { ours, theirs } = linesOfBoth(level, "request");
    expect(ours).toEqual(theirs);
  }
});

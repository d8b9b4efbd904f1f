import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startGateway } from "./gateway-in-process.ts";

const start = async (source: string, properties: Record<string, unknown> = {}) => {
  const started = await startGateway({ functions: { Fn: { source, properties } } });
  const invoke = async (event: unknown = {}) => {
    const { isFailed, answer } = await started.functions.invoke("Fn", JSON.stringify(event));
    return { isFailed, answer: JSON.parse(answer) };
  };
  const readLog = async () => {
    const [file = ""] = await readdir(started.logsDirectory);
    return readFile(join(started.logsDirectory, file), "utf8");
  };
  return { ...started, invoke, readLog };
};

describe("a function's worker", () => {
  it("keeps module state between invocations, and uses the one that was used last", async () => {
    const { invoke } = await start("let count = 0; export const handler = async () => ++count;");
    const counts = [];
    for (let call = 0; call < 5; call++) counts.push((await invoke()).answer);
    expect(counts).toEqual([1, 2, 3, 4, 5]);
  });

  it("takes one invocation at a time, and others take those that wait", async () => {
    const { invoke } = await start(`
      import { threadId } from "node:worker_threads";
      let running = 0;
      let runningMax = 0;
      export const handler = async () => {
        runningMax = Math.max(runningMax, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        return { threadId, runningMax };
      };`);
    const results = await Promise.all(Array.from({ length: 40 }, () => invoke()));
    expect(results.map(({ answer }) => answer.runningMax)).toEqual(Array(40).fill(1));
    const threads = new Set(results.map(({ answer }) => answer.threadId));
    expect(threads.size).toBeGreaterThan(1);
    expect(threads.size).toBeLessThanOrEqual(8);
  });

  it("sees the template's variables and Lambda's, and none of this machine's", async () => {
    process.env["HOLDFAST_TEST_SECRET"] = "secret";
    const { invoke } = await start("export const handler = async () => process.env;", {
      Environment: { Variables: { STAGE: { "Fn::Sub": "${AWS::Region}-x" }, COUNT: 3 } },
      MemorySize: 256,
    });
    const { answer } = await invoke();
    expect(Object.keys(answer).toSorted()).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_ENDPOINT_URL_DYNAMODB",
      "AWS_EXECUTION_ENV",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME",
      "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_LAMBDA_INITIALIZATION_TYPE",
      "AWS_LAMBDA_LOG_GROUP_NAME",
      "AWS_LAMBDA_LOG_STREAM_NAME",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "COUNT",
      "LAMBDA_TASK_ROOT",
      "LANG",
      "STAGE",
      "TZ",
      "_HANDLER",
    ]);
    expect(answer).toMatchObject({
      STAGE: "us-east-1-x",
      COUNT: "3",
      AWS_LAMBDA_FUNCTION_NAME: "App-Fn",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    });
  });

  it("is told its context as Lambda tells it", async () => {
    const { invoke } = await start(
      `export const handler = async (event, context) => ({
        ...context, remainingMs: context.getRemainingTimeInMillis() });`,
      { Timeout: 7, MemorySize: 512 },
    );
    const { answer } = await invoke();
    expect(answer).toMatchObject({
      functionName: "App-Fn",
      functionVersion: "$LATEST",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:App-Fn",
      memoryLimitInMB: "512",
      logGroupName: "/aws/lambda/App-Fn",
      callbackWaitsForEmptyEventLoop: true,
    });
    expect(answer.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.remainingMs).toBeGreaterThan(6_000);
    expect(answer.remainingMs).toBeLessThanOrEqual(7_000);
  });
});

describe("a function that fails", () => {
  it.each([
    ["throws", "throw new RangeError('too far')", "RangeError", "too far"],
    ["rejects with no error", "return Promise.reject('text')", "string", "text"],
    ["exits", "process.exit(3)", "Runtime.ExitError", "Runtime exited with code 3"],
    [
      "throws where nobody catches",
      "setImmediate(() => { throw new Error('loose') }); await new Promise(() => {})",
      "Error",
      "loose",
    ],
    [
      "uses more memory than it has",
      `const all = [];
       for (;;) {
         all.push(new Array(10_000).fill(Math.random()));
         await new Promise(setImmediate);
       }`,
      "Error",
      "memory",
    ],
  ])("costs that invocation alone when it %s", async (_, statement, errorType, errorMessage) => {
    const { invoke } = await start(
      `export const handler = async (event) => { if (event.ok) return "ok"; ${statement}; };`,
    );
    const failed = await invoke();
    expect(failed.isFailed).toBe(true);
    expect(failed.answer.errorType).toBe(errorType);
    expect(failed.answer.errorMessage).toContain(errorMessage);
    expect(await invoke({ ok: true })).toEqual({ isFailed: false, answer: "ok" });
  });

  it("is ended at its timeout, also in an endless loop, and the next gets a new worker", async () => {
    const { invoke, failures, readLog } = await start(
      `let count = 0;
       export const handler = async (event) => {
         console.log("count", ++count);
         for (;;) if (event.ok) return count;
       };`,
      { Timeout: 1 },
    );
    const { isFailed, answer } = await invoke();
    expect(isFailed).toBe(true);
    expect(answer.errorMessage).toMatch(/Task timed out after 1.00 seconds$/);
    expect(failures).toEqual([expect.stringMatching(/^Fn failed: .*timed out.*Fn\.log\)$/)]);
    expect(await invoke({ ok: true })).toEqual({ isFailed: false, answer: 1 });
    // What it wrote before it was ended is not lost.
    expect(await readLog()).toBe("count 1\ncount 1\n");
  });

  it("while others wait lets those be taken by new workers", async () => {
    const { invoke } = await start(
      "export const handler = async (event) => event.bad ? process.exit(1) : event.call;",
    );
    const calls = Array.from({ length: 60 }, (_, call) => invoke({ call, bad: call % 3 === 0 }));
    const results = await Promise.all(calls);
    expect(results.map(({ isFailed }) => isFailed)).toEqual(
      results.map((_, call) => call % 3 === 0),
    );
  });

  it("between two invocations is told on the terminal and replaced", async () => {
    const { invoke, failures } = await start(
      "export const handler = async () => { setImmediate(() => process.exit(4)); return 'ok'; };",
    );
    await invoke();
    await expect.poll(() => failures).toEqual([expect.stringContaining("exited with code 4")]);
    expect(await invoke()).toMatchObject({ answer: "ok" });
  });
});

describe("a bundle that does not load", () => {
  it.each([
    ["throws", "throw new Error('no table')", "Error: no table"],
    ["has no such export", "export const other = 1", 'it exports no function "handler"'],
    ["is no JavaScript", "export const = ", "SyntaxError"],
    ["exits", "process.exit(5)", "Runtime exited with code 5"],
  ])("is refused at the start, by name, when it %s", async (_, source, problem) => {
    await expect(start(source)).rejects.toThrow(
      expect.objectContaining({ code: "function", message: expect.stringContaining(problem) }),
    );
    await expect(start(source)).rejects.toThrow(/bundle of Fn .*index\.mjs/);
  });

  it("is refused when the handler's file is not there", async () => {
    await expect(start("", { Handler: "other.handler" })).rejects.toThrow(/no other\.mjs in/);
  });

  it("later fails the invocations that wait for it, and not for ever", async () => {
    // The first worker loads; those that are started for what waits do not.
    const { invoke } = await start(`
      import { existsSync, writeFileSync } from "node:fs";
      const mark = import.meta.dirname + "/mark";
      if (existsSync(mark)) throw new Error("only once");
      writeFileSync(mark, "");
      export const handler = () => new Promise((resolve) => setTimeout(resolve, 100, "ok"));`);
    const results = await Promise.all([invoke(), invoke(), invoke()]);
    expect(results[0]).toEqual({ isFailed: false, answer: "ok" });
    for (const { isFailed, answer } of results.slice(1)) {
      if (isFailed) expect(answer.errorMessage).toBe("only once");
      else expect(answer).toBe("ok");
    }
  });
});

describe("a function's log", () => {
  it("has every line whole, also from several workers at once", async () => {
    const { invoke, readLog } = await start(`
      export const handler = async ({ call }) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        console.log(JSON.stringify({ call, text: "x".repeat(5_000) }));
        console.error(JSON.stringify({ call, error: true }));
      };`);
    await Promise.all(Array.from({ length: 200 }, (_, call) => invoke({ call })));
    const lines = (await readLog())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const callsOf = (wanted: (line: { error?: boolean }) => boolean) =>
      lines
        .filter(wanted)
        .map(({ call }) => call)
        .toSorted((one, other) => one - other);
    const all = Array.from({ length: 200 }, (_, call) => call);
    expect(callsOf(({ error }) => error === undefined)).toEqual(all);
    expect(callsOf(({ error }) => error === true)).toEqual(all);
  });

  it("tells of an error that the handler threw, which the caller does not see", async () => {
    const { invoke, readLog } = await start(
      "export const handler = async () => { throw new TypeError('inner') };",
    );
    await invoke();
    expect(JSON.parse(await readLog())).toMatchObject({
      level: "ERROR",
      errorType: "TypeError",
      errorMessage: "inner",
    });
  });
});

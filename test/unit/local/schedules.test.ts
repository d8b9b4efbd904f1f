import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeApp } from "../../../local/assembly/app.ts";
import { readAssembly } from "../../../local/assembly/read-assembly.ts";
import { startSchedules } from "../../../local/schedules/start-schedules.ts";
import { writeApp } from "./fixture-app.ts";

const handler = "export const handler = async () => ({});";

const rule = (properties: Record<string, unknown>) => ({
  Type: "AWS::Events::Rule",
  Properties: {
    State: "ENABLED",
    Targets: [{ Id: "Target0", Arn: { "Fn::GetAtt": ["Tick", "Arn"] } }],
    ...properties,
  },
});

const describeRules = async (resources: Record<string, unknown>) => {
  const directory = await writeApp({
    functions: { Echo: handler, Tick: handler, Idle: handler },
    resources,
  });
  return describeApp(await readAssembly(directory), { gatewayEndpoint: "http://127.0.0.1:3000" });
};

describe("the schedules of a template", () => {
  test.each([
    ["rate(1 minute)", 60_000],
    ["rate(5 minutes)", 300_000],
    ["rate(2 hours)", 7_200_000],
    ["rate(1 day)", 86_400_000],
  ])("%s calls its function every %d ms", async (expression, everyMs) => {
    const app = await describeRules({ Every: rule({ ScheduleExpression: expression }) });
    expect(app.schedules).toEqual([{ logicalId: "Every", everyMs, functionId: "Tick" }]);
    // What nothing calls is not run.
    expect(app.functions.map(({ logicalId }) => logicalId)).toEqual(["Echo", "Tick"]);
  });

  test("leave out rules that are disabled, or wait for events", async () => {
    const app = await describeRules({
      Off: rule({ ScheduleExpression: "rate(1 minute)", State: "DISABLED" }),
      Waiting: rule({ EventPattern: { source: ["somebody"] } }),
    });
    expect(app.schedules).toEqual([]);
  });

  test.each(["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(1 fortnight)", "every minute"])(
    "refuse %s, by name and value",
    async (expression) => {
      const reading = describeRules({ Odd: rule({ ScheduleExpression: expression }) });
      await expect(reading).rejects.toMatchObject({
        code: "assembly",
        message: `The rule Odd has the schedule ${expression}; only rate(…) is run here.`,
      });
    },
  );

  test("refuse a target that is no function of the app", async () => {
    const Targets = [{ Id: "Target0", Arn: "arn:aws:sqs:us-east-1:000000000000:queue" }];
    const reading = describeRules({
      Odd: rule({ ScheduleExpression: "rate(1 minute)", Targets }),
    });
    await expect(reading).rejects.toMatchObject({
      code: "assembly",
      message: expect.stringContaining("The rule Odd has the target arn:aws:sqs"),
    });
  });
});

describe("the schedules of a run", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const start = (everyMs: number, isFailed = false) => {
    const events: Record<string, unknown>[] = [];
    const failures: string[] = [];
    const schedules = startSchedules({
      schedules: [{ logicalId: "Every", everyMs, functionId: "Tick" }],
      invoke: async (logicalId, event) => {
        expect(logicalId).toBe("Tick");
        events.push(JSON.parse(event) as Record<string, unknown>);
        return { isFailed, answer: "{}" };
      },
      onFailure: (message) => failures.push(message),
    });
    return { events, failures, schedules };
  };

  test("call at their rate, with EventBridge's event, until they are stopped", async () => {
    const { events, schedules } = start(60_000);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(120_001);
    expect(events).toHaveLength(3);
    expect(events[0]).toEqual({
      version: "0",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: expect.stringMatching(/^\d{12}$/),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: expect.any(String),
      resources: [expect.stringMatching(/:rule\/Every$/)],
      detail: {},
    });
    await schedules.stop();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(events).toHaveLength(3);
  });

  test("wait for longer than a timer can", async () => {
    const monthMs = 31 * 86_400_000;
    const { events, schedules } = start(monthMs);
    await vi.advanceTimersByTimeAsync(monthMs - 1);
    expect(events).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(events).toHaveLength(1);
    await schedules.stop();
  });

  test("go on after a call that failed, and tell of it", async () => {
    const { events, failures, schedules } = start(60_000, true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(events).toHaveLength(2);
    expect(failures).toEqual(Array(2).fill("Tick failed when Every called it"));
    await schedules.stop();
  });
});

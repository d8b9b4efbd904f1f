import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProgress, type ProgressStream } from "../../../../lab/report/progress.ts";

/** Remembers what was written, each write for itself. */
const createStream = (terminal: Partial<ProgressStream> = {}) => {
  const written: string[] = [];
  return { ...terminal, written, write: (text: string) => written.push(text) };
};

const colours = /\x1b\[\d+m/gu; // oxlint-disable-line no-control-regex
const shown = (text: string): string =>
  text.replace("\r", "").replace("\x1b[K", "").replace(colours, "");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress on a terminal", () => {
  it("is one line in its place: bar, share, time, and what is being done", () => {
    const stream = createStream({ isTTY: true, columns: 80 });
    const progress = createProgress(stream, 4, {});
    progress.begin("redis", 1);
    progress.begin("zookeeper", 3);
    expect(stream.written.map(shown)).toEqual([
      `${"·".repeat(24)}   0%  0:00  redis`,
      `${"█".repeat(6)}${"·".repeat(18)}  25%  0:00  zookeeper`,
    ]);
    for (const text of stream.written) {
      expect(text).toMatch(/^\r/u);
      expect(text).not.toContain("\n");
      expect(text.endsWith("\x1b[K")).toBe(true);
    }
    progress.end();
  });

  it("lets the time go on within a step, and says more of it", () => {
    const stream = createStream({ isTTY: true, columns: 80 });
    const progress = createProgress(stream, 1, {});
    progress.begin("redis", 1);
    vi.advanceTimersByTime(65_000);
    expect(shown(stream.written.at(-1)!)).toMatch(/ 0% {2}1:05 {2}redis$/u);
    progress.tell("redis: round 2");
    expect(shown(stream.written.at(-1)!)).toMatch(/ 0% {2}1:05 {2}redis: round 2$/u);
    progress.end();
  });

  it("is gone at the end, and does not come back", () => {
    const stream = createStream({ isTTY: true, columns: 80 });
    const progress = createProgress(stream, 1, {});
    progress.begin("redis", 1);
    progress.end();
    expect(stream.written.at(-1)).toBe("\r\x1b[K");
    const count = stream.written.length;
    vi.advanceTimersByTime(10_000);
    progress.end();
    expect(stream.written).toHaveLength(count);
  });

  it.each([120, 80, 59, 30, 12, 3, 1])("is never wider than %i columns", (columns) => {
    const stream = createStream({ isTTY: true, columns });
    const progress = createProgress(stream, 2, {});
    progress.begin("a label that is long ".repeat(10), 1);
    progress.begin("short", 1);
    progress.end();
    for (const text of stream.written) expect(shown(text).length).toBeLessThan(columns);
  });

  it("does without the bar where there is hardly room for words", () => {
    const stream = createStream({ isTTY: true, columns: 30 });
    const progress = createProgress(stream, 2, {});
    progress.begin("redis", 1);
    expect(shown(stream.written[0]!)).toBe("  0%  0:00  redis");
    progress.end();
  });

  it("has colour, but for those who want none", () => {
    const draw = (environment: NodeJS.ProcessEnv): string => {
      const stream = createStream({ isTTY: true, columns: 80 });
      const progress = createProgress(stream, 2, environment);
      progress.begin("redis", 1);
      progress.end();
      return stream.written[0]!;
    };
    expect(draw({})).toMatch(colours);
    expect(draw({ NO_COLOR: "" })).toMatch(colours);
    expect(draw({ NO_COLOR: "1" })).not.toMatch(colours);
  });

  it("lets no name move the cursor", () => {
    const stream = createStream({ isTTY: true, columns: 80 });
    const progress = createProgress(stream, 1, { NO_COLOR: "1" });
    progress.begin("a\r\n\x1b[2Jb", 1);
    expect(shown(stream.written[0]!)).toMatch(/ {2}a \[2Jb$/u);
    progress.end();
  });

  it("does not go past its end when more was done than was expected", () => {
    const stream = createStream({ isTTY: true, columns: 80 });
    const progress = createProgress(stream, 1, {});
    progress.begin("one", 1);
    progress.begin("two", 1);
    progress.begin("three", 1);
    expect(shown(stream.written.at(-1)!)).toMatch(/^█{24} 100% {2}0:00 {2}three$/u);
    progress.end();
  });
});

describe.each([
  ["a file", createStream(), {}],
  ["a terminal that knows no control characters", createStream({ isTTY: true }), { TERM: "dumb" }],
])("progress in %s", (_, stream, environment) => {
  it("is a plain line for each step, and nothing at the end", () => {
    const progress = createProgress(stream, 4, environment);
    progress.begin("redis", 1);
    vi.advanceTimersByTime(61_000);
    progress.begin("zookeeper", 3);
    progress.end();
    expect(stream.written).toEqual(["  0%  0:00  redis\n", " 25%  1:01  zookeeper\n"]);
  });
});

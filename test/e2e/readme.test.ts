import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
});

afterAll(() => run.stop());

test("the requests of the README get the answer of the README", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const blocks = [...readme.matchAll(/```(sh|json)\n([\s\S]*?)```/g)];
  const commands = blocks
    .filter(([, , text]) => text!.startsWith("curl"))
    .map(([, , text]) => text!);
  const expected = JSON.parse(blocks.find(([, language]) => language === "json")![2]!) as object;
  expect(commands).toHaveLength(2);
  let answer = "";
  for (const command of commands) {
    const here = command.replace("http://127.0.0.1:3000", run.endpoint);
    expect(here).not.toBe(command);
    answer = (await promisify(execFile)("sh", ["-c", here])).stdout;
  }
  expect(JSON.parse(answer)).toEqual({
    ...expected,
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
  });
});

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createClient, type Answer } from "../support/http-client.ts";
import { startLocalRun, type LocalRun } from "../support/local-run.ts";

let run: LocalRun;

beforeAll(async () => {
  run = await startLocalRun({ assembly: inject("assembly") });
});

afterAll(() => run.stop());

/** The request that a curl command makes: a machine that runs the tests may have no curl. */
const parseCurl = (command: string) => {
  const line = command.replaceAll("\\\n", " ");
  const headers = [...line.matchAll(/-H '([^:]+): ([^']+)'/g)].map(
    ([, name, value]): [string, string] => [name!, value!],
  );
  return {
    method: /-X (\w+)/.exec(line)![1]!,
    path: /http:\/\/127\.0\.0\.1:3000(\S+)/.exec(line)![1]!,
    headers: Object.fromEntries(headers),
    body: /-d '([^']+)'/.exec(line)![1]!,
  };
};

test("the requests of the README get the answer of the README", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const blocks = [...readme.matchAll(/```(sh|json)\n([\s\S]*?)```/g)];
  const commands = blocks
    .filter(([, , text]) => text!.startsWith("curl"))
    .map(([, , text]) => text!);
  const expected = JSON.parse(blocks.find(([, language]) => language === "json")![2]!) as object;
  expect(commands).toHaveLength(2);
  const client = createClient(run.endpoint);
  const answers: Answer[] = [];
  for (const command of commands) {
    const { method, path, body, headers } = parseCurl(command);
    answers.push(await client.send(method, path, body, headers));
  }
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(answers[1]!.body).toEqual({
    ...expected,
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
  });
});

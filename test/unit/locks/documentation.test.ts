import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const project = fileURLToPath(new URL("../../../", import.meta.url));
const page = await readFile(join(project, "docs/locks.md"), "utf8");

/** The compiler as the project's own check runs it, over one file beside the rooms. */
const compile = async (source: string): Promise<string> => {
  const folder = await mkdtemp(join(project, ".example-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "example.ts"), source);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../tsconfig.json", include: ["example.ts"] }),
  );
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const run = promisify(execFile)(process.execPath, [compiler, "--project", folder]);
  return run.then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
};

const examples = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, example]) => example!);

test("the examples of docs/locks.md compile", async () => {
  expect(examples).toHaveLength(2);
  for (const example of examples) expect(await compile(example)).toBe("");
});

test("an example that does not compile would be seen", async () => {
  expect(await compile(`${examples[0]}\nvoid openLocks().lock("x");`)).toContain("'lock'");
});

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dataFormat, openDataFolder } from "../../../local/data-folder.ts";
import { LocalRunError } from "../../../local/local-run-error.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const open = async (path: string) => {
  const folder = await openDataFolder(path);
  onTestFinished(() => folder.stop());
  return folder;
};

const formatIn = (path: string) => readFile(join(path, "format"), "utf8");

/** Leaves what an engine leaves in a data folder. */
const leaveData = {
  dynoxide: (path: string) => writeFile(join(path, "dynoxide.db"), "tables"),
  "DynamoDB Local": async (path: string) => {
    await mkdir(join(path, "dynamodb-local"));
  },
};
const engines = Object.keys(leaveData) as (keyof typeof leaveData)[];

test("a new data folder notes the format of its data", async () => {
  const path = join(await temporaryFolder(), "data");
  await open(path);
  expect(await formatIn(path)).toBe(`${dataFormat}\n`);
});

test("a folder without tables counts as new, such as one of a run that failed early", async () => {
  const path = await temporaryFolder();
  await mkdir(join(path, "logs"));
  await writeFile(join(path, "format"), "");
  await open(path);
  expect(await formatIn(path)).toBe(`${dataFormat}\n`);
});

test.each(engines)("a folder with tables of this format in %s is opened again", async (engine) => {
  const path = await temporaryFolder();
  const first = await openDataFolder(path);
  await leaveData[engine](path);
  await first.stop();
  expect((await open(path)).path).toBe(path);
});

const refusalOf = async (path: string): Promise<LocalRunError> => {
  const error: unknown = await openDataFolder(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LocalRunError);
  return error as LocalRunError;
};

test.each(engines)("tables in %s without a format are of Holdfast 0.1: refused", async (engine) => {
  const path = await temporaryFolder();
  await leaveData[engine](path);
  const { code, message } = await refusalOf(path);
  expect(code).toBe("data");
  expect(message).toBe(
    `The data folder ${path} was written by Holdfast 0.1; this version uses format 2. ` +
      "Remove the folder with all its data, or use another: HOLDFAST_DATA=.holdfast-2",
  );
  await expect(formatIn(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each(["1", "3", "two"])("data of the format %s are refused by that number", async (format) => {
  const path = await temporaryFolder();
  await writeFile(join(path, "format"), `${format}\n`);
  expect((await refusalOf(path)).message).toContain(
    `The data folder ${path} was written by a Holdfast with data of format ${format};`,
  );
  expect(await formatIn(path)).toBe(`${format}\n`);
});

test("a refused folder is not locked: it opens once its data are removed", async () => {
  const path = await temporaryFolder();
  await leaveData.dynoxide(path);
  await refusalOf(path);
  await rm(join(path, "dynoxide.db"));
  await open(path);
});

import { describe, expect, it } from "vitest";
import { defaultEngine } from "../../../local/engines/start-engine.ts";
import { readSettings } from "../../../local/settings.ts";

describe("the settings", () => {
  it("have defaults", () => {
    expect(readSettings([], {})).toEqual({
      assemblyPath: "cdk.out",
      port: 3000,
      dataPath: ".holdfast",
      engine: defaultEngine(),
    });
  });

  it("are taken from the variables and the argument", () => {
    const variables = { PORT: "0", HOLDFAST_DATA: "/data", HOLDFAST_ENGINE: "https://db:8000" };
    expect(readSettings(["other.out"], variables)).toEqual({
      assemblyPath: "other.out",
      port: 0,
      dataPath: "/data",
      engine: "https://db:8000",
    });
  });

  it.each([
    [{ PORT: "65536" }, "PORT=65536 is not accepted: it must be a whole number from 0"],
    [{ PORT: "-1" }, "PORT=-1"],
    [{ PORT: "3000.5" }, "PORT=3000.5"],
    [{ PORT: "http" }, "to 65535"],
    [{ PORT: "" }, "PORT="],
    [{ HOLDFAST_DATA: " " }, "HOLDFAST_DATA= "],
    [{ HOLDFAST_ENGINE: "postgres" }, "HOLDFAST_ENGINE=postgres"],
    [{ HOLDFAST_ENGINE: "ftp://db" }, "dynoxide, dynamodb-local or the http(s) address"],
  ])("refuse %j with the value and what is accepted", (variables, message) => {
    expect(() => readSettings([], variables)).toThrow(
      expect.objectContaining({ code: "setting", message: expect.stringContaining(message) }),
    );
  });

  it("refuse arguments that they do not know", () => {
    expect(() => readSettings(["--help"], {})).toThrow("Usage: node local/main.ts");
    expect(() => readSettings(["one", "two"], {})).toThrow("not: one two");
  });
});

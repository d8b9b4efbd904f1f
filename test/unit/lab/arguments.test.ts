import { describe, expect, it } from "vitest";
import { readArguments, UsageError } from "../../../lab/harness/arguments.ts";

const known = ["reserve", "cold"];
const read = (...argv: string[]) => readArguments(argv, known);

describe("the arguments of a benchmark", () => {
  it("are all benchmarks when none is named", () => {
    expect(read()).toEqual({ names: known, json: false, endurance: false });
  });

  it("are those that are named, once each, in the order of all", () => {
    expect(read("cold", "reserve", "cold").names).toEqual(known);
    expect(read("cold", "--json")).toEqual({ names: ["cold"], json: true, endurance: false });
  });

  it("are refused with the list of names when a name is unknown", () => {
    expect(() => read("reserv")).toThrow(
      new UsageError("There is no benchmark reserv; there are: reserve, cold."),
    );
  });

  it("are refused with what is accepted when an option is unknown", () => {
    expect(() => read("--jsn")).toThrow(UsageError);
    expect(() => read("--jsn")).toThrow(/--jsn.*\n.*\[reserve, cold\] \[--json\]/s);
    expect(() => read("--json=yes")).toThrow(UsageError);
  });

  it("take --endurance for the one benchmark that has it", () => {
    expect(read("reserve", "--endurance").endurance).toBe(true);
    expect(() => read("--endurance")).toThrow("npm run bench -- reserve --endurance");
    expect(() => read("cold", "--endurance")).toThrow(UsageError);
  });
});

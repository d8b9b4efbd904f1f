import { describe, expect, it } from "vitest";
import { readArguments } from "../../../lab/harness/arguments.ts";
import { UsageError } from "../../../lab/harness/usage-error.ts";

const known = ["reserve", "cold"];
const read = (...argv: string[]) => readArguments(argv, known);

const messageOf = (...argv: string[]): string => {
  try {
    read(...argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error(`${argv.join(" ")} was accepted.`);
};

describe("the arguments of a benchmark", () => {
  it("are all benchmarks when none is named", () => {
    expect(read()).toEqual({ names: known, json: false, endurance: false });
  });

  it("are those that are named, once each, in the order of all", () => {
    expect(read("cold", "reserve", "cold").names).toEqual(known);
    expect(read("cold", "--json")).toEqual({ names: ["cold"], json: true, endurance: false });
  });

  it("are refused with the list of names when a name is unknown", () => {
    expect(messageOf("reserv")).toBe('There is no benchmark "reserv"; there are: reserve, cold.');
    expect(messageOf("cold", "all", "")).toContain('no benchmark "all", ""; there are');
  });

  it("are refused with what is accepted when an option is unknown, or has a value", () => {
    expect(messageOf("--jsn")).toMatch(
      /^Unknown option '--jsn'\.\nAccepted is: .*one of reserve, cold;/s,
    );
    expect(messageOf("--json=yes")).toMatch(/'--json' does not take an argument\.\nAccepted is: /);
    expect(messageOf("-j")).toMatch(/'-j'.*\nAccepted is: /s);
  });

  it("take an earlier report to compare with", () => {
    expect(read("--compare", "old.json").compare).toBe("old.json");
    expect(read("cold", "--compare=old.json", "--json")).toEqual({
      names: ["cold"],
      json: true,
      compare: "old.json",
      endurance: false,
    });
  });

  it("are refused when it is missing, empty or not one", () => {
    expect(messageOf("--compare")).toMatch(/'--compare <value>' argument missing\.\nAccepted is: /);
    expect(messageOf("--compare", "--json")).toMatch(/'--compare'.*ambiguous.*\nAccepted is: /s);
    expect(messageOf("--compare=")).toBe("--compare takes the path of a report, not an empty one.");
    expect(messageOf("--compare", "a.json", "--compare", "b.json")).toBe(
      "--compare takes one report, not 2: a.json, b.json.",
    );
  });

  it("take --endurance for the one benchmark that has it", () => {
    expect(read("reserve", "--endurance").endurance).toBe(true);
    for (const names of [[], ["cold"], ["reserve", "cold"]]) {
      expect(messageOf(...names, "--endurance")).toContain("npm run bench -- reserve --endurance");
    }
  });
});

import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import schema from "../../../../lab/report/report.schema.json" with { type: "json" };
import { atMost, openReport, reportSchema } from "../../../../lab/report/report.ts";
import { summarize } from "../../../../lab/report/statistics.ts";
import { fullReport } from "./full-report.ts";

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validate = ajv.compile(schema);

/** What is read of a report is its JSON: nothing that JSON leaves out counts. */
const errorsOf = (report: unknown): string[] => {
  validate(JSON.parse(JSON.stringify(report)));
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(Object.values(params))}`,
  );
};

/** Every object of the schema, with where it is. */
const objectsIn = (node: unknown, path = "#"): [path: string, Record<string, unknown>][] =>
  typeof node === "object" && node !== null
    ? [
        [path, node as Record<string, unknown>],
        ...Object.entries(node).flatMap(([name, value]) => objectsIn(value, `${path}/${name}`)),
      ]
    : [];

const shapes = objectsIn(schema).filter(([, { type, properties }]) => type && properties);

describe("the schema of reports", () => {
  it("takes a report as the benchmarks make it", () => {
    const close = openReport("npm run bench");
    const report = close([
      {
        name: "cold",
        title: "starts",
        results: [{ group: "stock", name: "ours", figures: { startMs: summarize([1, 2, 4]) } }],
        columns: [{ figure: "startMs", title: "start ms", fractionDigits: 1 }],
        charts: [],
        targets: [atMost("The start", 3, 2)],
        notes: [],
      },
    ]);
    expect(errorsOf(report)).toEqual([]);
  });

  it("knows every property that the shape has", () => {
    expect(errorsOf(fullReport())).toEqual([]);
  });

  it("has no property that the shape lacks", () => {
    const inSample = new Set(objectsIn(fullReport()).flatMap(([, one]) => Object.keys(one)));
    const inSchema = shapes.flatMap(([, { properties }]) => Object.keys(properties!));
    expect(inSchema.filter((name) => !inSample.has(name))).toEqual([]);
  });

  it("names the version that the code writes", () => {
    expect(schema.$defs.report.properties.schema.const).toBe(reportSchema);
  });

  it("refuses a property that it does not know, at any depth", () => {
    const report = fullReport();
    Object.assign(report, { comparison: {} });
    Object.assign(report.machine, { colour: "red" });
    Object.assign(report.parts[0]!.results[0]!.figures["perSecond"]!, { mean: 1_000 });
    expect(errorsOf(report).map((error) => error.split(" ")[0])).toEqual([
      "",
      "/machine",
      "/parts/0/results/0/figures/perSecond",
    ]);
    expect(errorsOf(report).join()).toMatch(/comparison.*colour.*mean/s);
  });

  it("refuses a figure that is no number, as JSON has it for one that could not be computed", () => {
    const report = fullReport();
    report.parts[0]!.results[0]!.figures["perSecond"]!.median = Number.NaN;
    expect(errorsOf(report)).toEqual([
      '/parts/0/results/0/figures/perSecond/median must be number ["number"]',
    ]);
  });

  it("is strict: each shape is closed, and each property of it is described", () => {
    expect(shapes.length).toBe(8);
    for (const [path, { additionalProperties, properties }] of shapes) {
      expect(additionalProperties, path).toBe(false);
      for (const [name, property] of Object.entries(properties as Record<string, object>)) {
        const { $ref } = property as { $ref?: string };
        const described = $ref ? objectsIn(schema).find(([at]) => at === $ref)![1] : property;
        expect(described, `${path}/${name}`).toHaveProperty("description");
      }
    }
  });
});

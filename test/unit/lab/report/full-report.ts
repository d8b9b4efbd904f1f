import type { Report } from "../../../../lab/report/report.ts";
import { exactly, summarize } from "../../../../lab/report/statistics.ts";

/** Nothing in it may be left out: a property that the shape gains does not compile until it is here. */
type Populated<Shape> = Shape extends string | number | boolean
  ? Shape
  : Shape extends readonly unknown[]
    ? { [Index in keyof Shape]: Populated<Shape[Index]> }
    : { [Name in keyof Shape]-?: Populated<Exclude<Shape[Name], undefined>> };

/** A report in which every property of the shape has a value. */
export const fullReport = (): Populated<Report> => ({
  schema: "holdfast-report/1",
  command: "npm run bench -- reserve",
  startedAt: "2026-01-02T03:04:05.678Z",
  tookSeconds: 61,
  machine: {
    processor: "A Processor 9000",
    cores: 2,
    memoryGiB: 24,
    system: "linux 6.18.44 x64",
    node: "v24.21.0",
    loadAverage: 0.25,
  },
  parts: [
    {
      name: "reserve",
      title: "a reservation by three ways",
      results: [
        {
          group: "16 in flight",
          name: "raw",
          figures: { perSecond: summarize([900, 1_000, 1_100]), requests: exactly(1) },
          explanation: "The bare transaction.",
          remark: "gives up nothing",
          leftOut: "It needs a server that is not there.",
        },
      ],
      columns: [
        {
          figure: "perSecond",
          title: "per second",
          fractionDigits: 0,
          showsSpread: true,
          showsBar: true,
        },
      ],
      charts: [
        {
          title: "Reservations a second: more is better",
          caption: "There is one.",
          figures: ["perSecond"],
          unit: "/s",
          fractionDigits: 0,
          scale: "linear",
          groups: ["16 in flight"],
        },
      ],
      targets: [{ name: "The requests are exactly 1", figure: 1, bound: 1, isMet: true }],
      notes: ["Medians of 3 rounds."],
    },
  ],
});

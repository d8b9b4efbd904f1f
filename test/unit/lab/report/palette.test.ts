/** Contrast as WCAG 2.2 defines it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. */
import { describe, expect, it } from "vitest";
import { dark, groupHueCount, light } from "../../../../lab/report/chart/palette.ts";

const luminance = (colour: string): number => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
};

const contrast = (one: string, other: string): number => {
  const [darker, lighter] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
};

it("knows black on white", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
});

describe.each(Object.entries({ light, dark }))("the colours of %s", (_, palette) => {
  it.each(["ink", "muted", "link", "met", "missed"] as const)("have legible text: %s", (name) => {
    expect(contrast(palette[name], palette.surface)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(palette.hues)("have marks that are seen, and whiskers on them: %s", (hue) => {
    expect(contrast(hue, palette.surface)).toBeGreaterThanOrEqual(3);
    expect(contrast(palette.ink, hue)).toBeGreaterThanOrEqual(3);
  });

  it("are as many as groups can be told apart by", () => {
    expect(new Set(palette.hues).size).toBe(groupHueCount);
  });
});

/** What a browser made of a page, as boxes and texts that a test can judge. */
import type { Page } from "playwright-core";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Text extends Box {
  text: string;
  kind: string;
  /** More text than there is room for. */
  isCut: boolean;
  fontSizePx: number;
}

export interface RowLayout {
  /** The name, and the label or the reason, or the axis's ticks. */
  texts: Text[];
  track?: Box;
  mark?: Box & { description: string };
}

export interface ChartLayout extends Box {
  title: string;
  rows: RowLayout[];
}

export interface Layout {
  viewportWidth: number;
  documentWidth: number;
  /** Elements that stand out of the document, but for those in a container that scrolls. */
  outside: string[];
  /** Elements with text in them. */
  texts: Text[];
  charts: ChartLayout[];
}

export const measureLayout = (page: Page): Promise<Layout> =>
  page.locator("html").evaluate((root): Layout => {
    type Element = typeof root;
    const all = (of: Element, selector: string): Element[] => [...of.querySelectorAll(selector)];
    const boxOf = (element: Element): Box => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return { left, top, right, bottom };
    };
    const textOf = (element: Element): Text => ({
      ...boxOf(element),
      text: element.textContent,
      kind: element.className || element.tagName.toLowerCase(),
      isCut:
        element.clientWidth > 0 &&
        (element.scrollWidth > element.clientWidth + 1 ||
          element.scrollHeight > element.clientHeight + 1),
      fontSizePx: Number.parseFloat(
        element.ownerDocument.defaultView.getComputedStyle(element).fontSize,
      ),
    });
    const rowOf = (row: Element): RowLayout => {
      const track = row.querySelector(".track");
      const mark = row.querySelector(".mark");
      return {
        texts: all(row, ".name, .label, .reason, .tick")
          .filter((element) => element.textContent !== "")
          .map(textOf),
        ...(track ? { track: boxOf(track) } : {}),
        ...(mark ? { mark: { ...boxOf(mark), description: mark.getAttribute("aria-label") } } : {}),
      };
    };
    const elements = all(root, "body *");
    const isOutside = (element: Element): boolean => {
      const { left, right } = boxOf(element);
      return left < -0.5 || right > root.clientWidth + 0.5;
    };
    const hasOwnText = (element: Element): boolean =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    return {
      viewportWidth: root.clientWidth,
      documentWidth: root.scrollWidth,
      outside: elements
        .filter((element) => element.closest(".scroller > *") === null && isOutside(element))
        .map((element) => element.outerHTML.slice(0, 200)),
      texts: elements.filter(hasOwnText).map(textOf),
      charts: all(root, ".chart").map((chart) => ({
        ...boxOf(chart),
        title: chart.querySelector("h3").textContent,
        rows: all(chart, ".row").map(rowOf),
      })),
    };
  });

/** The colours of a screenshot, as "#rrggbb", each with how many pixels have it. */
export const countColours = async (blank: Page, png: Buffer): Promise<Map<string, number>> => {
  const counts = await blank.locator("html").evaluate(async (root, base64) => {
    const { Image, OffscreenCanvas } = root.ownerDocument.defaultView;
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    const byColour = new Map<number, number>();
    for (let at = 0; at < data.length; at += 4) {
      const colour = data[at] * 65_536 + data[at + 1] * 256 + data[at + 2];
      byColour.set(colour, (byColour.get(colour) ?? 0) + 1);
    }
    return [...byColour];
  }, png.toString("base64"));
  return new Map(
    counts.map(([colour, count]) => [`#${colour.toString(16).padStart(6, "0")}`, count]),
  );
};

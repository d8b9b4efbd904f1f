/**
 * The colours of charts and page, for light and for dark. Text has 4.5 to 1 against what is behind
 * it, marks 3 to 1, and so have whiskers against the marks that they cross (WCAG 2.2, AA); a test
 * computes it.
 */

export interface Palette {
  surface: string;
  ink: string;
  muted: string;
  /** Gridlines and rules, which need not be seen to read the figures. */
  line: string;
  link: string;
  met: string;
  missed: string;
  /** A mark's, by group. */
  hues: [string, string, string, string];
}

export const groupHueCount = 4;
/** Which of them is for all groups, where they are too many to be told apart by it: the blue. */
export const neutralHue = 1;

export const light: Palette = {
  surface: "#ffffff",
  ink: "#16191d",
  muted: "#5a626c",
  line: "#dfe3e8",
  link: "#0b5cad",
  met: "#17724a",
  missed: "#b3261e",
  hues: ["#c9622a", "#3d7cc9", "#24896c", "#8a68c4"],
};

export const dark: Palette = {
  surface: "#14171a",
  ink: "#eceff2",
  muted: "#a0a8b1",
  line: "#31363c",
  link: "#7db8f5",
  met: "#5cc894",
  missed: "#ff8f85",
  hues: ["#c4672f", "#3f7fcd", "#2a8a6e", "#8c6cc6"],
};

/** The palette as custom properties: `--ink`, `--hue-0`. */
export const customProperties = ({ hues, ...colours }: Palette): string =>
  [
    ...Object.entries(colours).map(([name, colour]) => `--${name}: ${colour};`),
    ...hues.map((colour, index) => `--hue-${index}: ${colour};`),
  ].join(" ");

/**
 * HTML and SVG as text that cannot be broken out of: whatever stands in a template is escaped,
 * unless it was made by one.
 */

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Markup | readonly Markup[] | undefined;

/** A tag for templates. What is undefined is not there; a list stands one after the other. */
export const markup = (literals: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(
    literals.reduce((text, literal, index) => text + toMarkup(pieces[index - 1]) + literal),
  );

const toMarkup = (piece: Piece): string => {
  if (piece === undefined) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "object") return piece.map(({ text }) => text).join("\n");
  return escapeText(String(piece));
};

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For elements' text and for attributes in quotes. XML knows no control characters at all. */
export const escapeText = (text: string): string =>
  text
    .replace(/[&<>"']/gu, (character) => entities[character]!)
    .replace(/[^\P{Control}\n\t]/gu, "\uFFFD");

import { describe, expect, it } from "vitest";
import { escapeText, markup } from "../../../../lab/report/markup.ts";

describe("markup", () => {
  it("escapes what stands in it, in an element as in an attribute", () => {
    const text = `"><b>' & co`;
    expect(markup`<i title="${text}">${text}</i>`.text).toBe(
      `<i title="&quot;&gt;&lt;b&gt;&#39; &amp; co">&quot;&gt;&lt;b&gt;&#39; &amp; co</i>`,
    );
  });

  it("keeps what is markup already, one after the other, and leaves out what is not there", () => {
    const items = ["a", "<"].map((item) => markup`<li>${item}</li>`);
    expect(markup`<ul>${items}</ul>${undefined}${0}`.text).toBe(
      "<ul><li>a</li>\n<li>&lt;</li></ul>0",
    );
  });

  it("replaces control characters, which XML does not know, but for a new line and a tab", () => {
    expect(escapeText("a\u0000b\u001B[31mc\n\td")).toBe("a\uFFFDb\uFFFD[31mc\n\td");
  });
});

/** Text in lines of at most `width` columns. A word that is longer than that is broken. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/u).flatMap((long) => chunks(long, width))) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
};

/** As `wrap`, but where one line is too short each sentence has its own: a command stays whole. */
export const wrapSentences = (text: string, width: number): string[] =>
  text.length <= width
    ? [text]
    : text.split(/(?<=\.)\s+/u).flatMap((sentence) => wrap(sentence, width));

/** On one line of `width` columns at most: what does not fit is told by "…". */
export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`.slice(0, width);

const chunks = (word: string, width: number): string[] => {
  if (word.length <= width) return [word];
  return [word.slice(0, width), ...chunks(word.slice(width), width)];
};

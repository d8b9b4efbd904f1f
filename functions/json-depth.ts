/**
 * Returns the nesting depth of a JSON text: 0 for a string or a number, 1 for `{}`. Counts the brackets outside of
 * strings without recursion, so that a deep text is refused before a recursive function reads it.
 */
export const depthOf = (json: string): number => {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') isInString = !isInString;
    else if (isInString) at += character === "\\" ? 1 : 0;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, (depth += 1));
    else if (character === "}" || character === "]") depth -= 1;
  }
  return deepest;
};

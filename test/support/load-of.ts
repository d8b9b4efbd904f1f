/**
 * How much of a load a test puts on the engine. What holds under the whole of it is shown on the
 * default engine; on another one, which is slower, a quarter shows that it behaves alike.
 */
export const loadOf = (count: number): number =>
  process.env["HOLDFAST_ENGINE"] === undefined ? count : Math.ceil(count / 4);
